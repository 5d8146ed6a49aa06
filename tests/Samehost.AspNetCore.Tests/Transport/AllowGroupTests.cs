namespace Samehost.AspNetCore.Tests.Transport;

/// <summary>A group name from a setting allows that group only.</summary>
public sealed class AllowGroupTests
{
    [Theory]
    [InlineData("daemon,anyone")]
    [InlineData("root,anyone")]
    [InlineData("root,uid:4242")]
    [InlineData("root\0")]
    [InlineData(" root")]
    [InlineData("")]
    public void A_group_name_is_not_parsed_as_a_policy(string group)
    {
        var options = new UnixTransportOptions(UnixEndPoint.Parse("@name"));
        Assert.Throws<ArgumentException>(() => options.AllowGroup(group));
        Assert.Null(options.PeerPolicy);
        Assert.Null(options.SocketFile.Group);
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, (UnixFileMode)options.SocketFile.Mode);
    }

    [Fact]
    public void The_group_is_allowed_in_addition_to_the_own_user_and_root()
    {
        var options = new UnixTransportOptions(UnixEndPoint.Parse("@name"));
        options.AllowGroup("root");
        Assert.Equal(PeerPolicy.Parse("self,root,group:root"), options.PeerPolicy);
        Assert.Equal("root", options.SocketFile.Group);
    }
}
