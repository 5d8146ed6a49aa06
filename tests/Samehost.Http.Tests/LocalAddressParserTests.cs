namespace Samehost.Http.Tests;

/// <summary>The addresses that a client accepts.</summary>
public sealed class LocalAddressParserTests
{
    [Theory]
    [InlineData("unix:///run/x.sock", "/run/x.sock")]
    [InlineData("unix:/run/x.sock", "/run/x.sock")]
    [InlineData("/run/x.sock", "/run/x.sock")]
    [InlineData("unix-abstract:x", "@x")]
    [InlineData("@x", "@x")]
    [InlineData("unix:///run/100%25.sock", "/run/100%25.sock")]
    public void A_name_is_an_address(string target, string address) =>
        Assert.Equal(UnixEndPoint.Parse(address), LocalAddressParser.Parse(target));

    [Theory]
    [InlineData("unix:x.sock")]
    [InlineData("unix:./x.sock")]
    [InlineData("x.sock")]
    [InlineData("y/../x.sock", "y/../x.sock")] // y may be a link
    public void A_path_may_be_relative(string target, string resolved = "x.sock") =>
        Assert.Equal(UnixEndPoint.FromPath(Path.Join(Environment.CurrentDirectory, resolved)), LocalAddressParser.Parse(target));

    [Theory]
    [InlineData("http://unix:/run/x.sock", "/run/x.sock")]
    [InlineData("https://unix:/run/x.sock", "/run/x.sock")]
    [InlineData("HTTP://unix:/run/x.sock", "/run/x.sock")]
    [InlineData("http://unix:/@x", "@x")]
    [InlineData("http://unix://@x", "//@x")]
    public void The_URL_that_a_server_listens_on_is_an_address_of_a_client_too(string target, string address) =>
        Assert.Equal(UnixEndPoint.Parse(address), LocalAddressParser.Parse(target));

    [Theory]
    [InlineData("")]
    [InlineData("unix:")]
    [InlineData("unix://host/x.sock")]
    [InlineData("unix:x\0y")]
    [InlineData("unix-abstract:")]
    [InlineData("localhost:2375")]
    [InlineData("tcp://localhost:2375")]
    [InlineData("dns:///localhost:80")]
    [InlineData("http://localhost:80")]
    [InlineData("http://unix:x.sock")]
    [InlineData("http://unix:@x")]
    [InlineData("http://unix:/@")]
    [InlineData("http://unix:/run/x.sock:/base")]
    [InlineData("http://unix:/run/x.sock/")]
    public void A_text_that_names_no_local_socket_is_refused_with_a_message(string target) =>
        Assert.NotEqual("", Assert.Throws<FormatException>(() => LocalAddressParser.Parse(target)).Message);
}
