using Samehost.AspNetCore.Client;

namespace Samehost.AspNetCore.Tests.Client;

/// <summary>Names as gRPC, Docker and we write them.</summary>
public sealed class UnixTargetTests
{
    [Theory]
    [InlineData("unix:///run/x.sock", "/run/x.sock")]
    [InlineData("unix:/run/x.sock", "/run/x.sock")]
    [InlineData("/run/x.sock", "/run/x.sock")]
    [InlineData("unix-abstract:x", "@x")]
    [InlineData("@x", "@x")]
    [InlineData("unix:///run/100%25.sock", "/run/100%25.sock")]
    public void A_name_is_an_address(string target, string address) => Assert.Equal(UnixEndPoint.Parse(address), UnixTarget.Parse(target));

    [Theory]
    [InlineData("unix:x.sock")]
    [InlineData("unix:./x.sock")]
    [InlineData("unix:y/../x.sock")]
    public void A_path_of_gRPC_may_begin_in_the_working_directory(string target) =>
        Assert.Equal(UnixEndPoint.FromPath(Path.GetFullPath("x.sock")), UnixTarget.Parse(target));

    [Theory]
    [InlineData("")]
    [InlineData("unix:")]
    [InlineData("unix://host/x.sock")]
    [InlineData("unix:x\0y")]
    [InlineData("unix-abstract:")]
    [InlineData("x.sock")]
    [InlineData("tcp://localhost:2375")]
    [InlineData("dns:///localhost:80")]
    public void What_names_no_local_socket_is_refused_with_words(string target) =>
        Assert.NotEqual("", Assert.Throws<ArgumentException>(() => UnixTarget.Parse(target)).Message);
}
