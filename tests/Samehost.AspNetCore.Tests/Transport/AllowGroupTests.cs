namespace Samehost.AspNetCore.Tests.Transport;

/// <summary>A group's name from a setting lets that group in and nobody else.</summary>
public sealed class AllowGroupTests
{
    [Theory]
    [InlineData("daemon,anyone")]
    [InlineData("root,anyone")]
    [InlineData("root,uid:4242")]
    [InlineData("root\0")]
    [InlineData(" root")]
    [InlineData("")]
    public void A_name_with_more_in_it_is_no_group(string group)
    {
        var options = new UnixTransportOptions(UnixEndPoint.Parse("@name"));
        Assert.Throws<ArgumentException>(() => options.AllowGroup(group));
        Assert.Null(options.PeerPolicy);
        Assert.Null(options.SocketFile.Group);
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, options.SocketFile.Mode);
    }

    [Fact]
    public void The_group_is_let_in_beside_ourselves_and_root()
    {
        var options = new UnixTransportOptions(UnixEndPoint.Parse("@name"));
        options.AllowGroup("root");
        Assert.Equal(PeerPolicy.Parse("self,root,group:root"), options.PeerPolicy);
        Assert.Equal("root", options.SocketFile.Group);
    }
}
