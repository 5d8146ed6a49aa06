using System.Text;
using Samehost.Addresses;
using Xunit;

namespace Samehost.Tests.Addresses;

public sealed class UnixEndPointParsingTests
{
    [Theory]
    [InlineData("/run/x.sock", "/run/x.sock")]
    [InlineData("unix:/run/x.sock", "/run/x.sock")]
    [InlineData("unix:///run/x.sock", "/run/x.sock")]
    [InlineData("/run/a b%20c\\x41.sock", "/run/a b%20c\\x41.sock")]
    [InlineData("/run/größe.sock", "/run/größe.sock")]
    public void A_path_is_read_literally(string text, string path)
    {
        var endPoint = UnixEndPoint.Parse(text);

        Assert.Equal(UnixEndPointKind.Pathname, endPoint.Kind);
        Assert.Equal(path, endPoint.Path);
        Assert.Equal(Encoding.UTF8.GetBytes(path), endPoint.NameBytes.ToArray());
        Assert.Equal(path, endPoint.ToString());
    }

    [Theory]
    [InlineData("@name", "name")]
    [InlineData("unix-abstract:name", "name")]
    [InlineData("@@name", "@name")]
    [InlineData("@/run/x.sock", "/run/x.sock")]
    public void An_abstract_name_is_read_literally(string text, string name)
    {
        var endPoint = UnixEndPoint.Parse(text);

        Assert.Equal(UnixEndPointKind.Abstract, endPoint.Kind);
        Assert.Equal(Encoding.UTF8.GetBytes(name), endPoint.NameBytes.ToArray());
        Assert.Equal("@" + name, endPoint.ToString());
        Assert.Null(endPoint.Path);
    }

    [Theory]
    [InlineData("", "write /run/x.sock")]
    [InlineData("unix:", "path is empty")]
    [InlineData("unix://", "path is empty")]
    [InlineData("@", "name is empty")]
    [InlineData("unix-abstract:", "name is empty")]
    [InlineData("unix://run/x.sock", "write unix:/run/x.sock")]
    [InlineData("/run/", "add the name of the socket file")]
    [InlineData("/", "add the name of the socket file")]
    [InlineData("/run/a\0b", "contains a NUL")]
    public void Text_that_is_no_address_is_refused_with_advice(string text, string advice)
    {
        var thrown = Assert.Throws<FormatException>(() => UnixEndPoint.Parse(text));

        Assert.Contains(advice, thrown.Message, StringComparison.Ordinal);
        Assert.False(UnixEndPoint.TryParse(text, out var endPoint));
        Assert.Null(endPoint);
        Assert.Throws<FormatException>(() => Parse<UnixEndPoint>(text));
        Assert.Throws<FormatException>(() => ParseSpan<UnixEndPoint>(text));
    }

    [Theory]
    [InlineData("a.sock", "/run/x/a.sock")]
    [InlineData("./a.sock", "/run/x/a.sock")]
    [InlineData(".//./a.sock", "/run/x/a.sock")]
    [InlineData("../a.sock", "/run/x/../a.sock")]
    [InlineData("unix:a.sock", "/run/x/a.sock")]
    [InlineData("unix:./a.sock", "/run/x/a.sock")]
    [InlineData("./~/a.sock", "/run/x/~/a.sock")]
    [InlineData("~a.sock", "/run/x/~a.sock")]
    [InlineData("/a.sock", "/a.sock")]
    [InlineData("unix:/a.sock", "/a.sock")]
    [InlineData("@a.sock", "@a.sock")]
    public void A_relative_path_is_resolved_against_a_given_working_directory(string text, string address)
    {
        foreach (var directory in (string[])["/run/x", "/run/x/"])
        {
            Assert.Null(UnixEndPointText.Read(text, directory, out var endPoint));
            Assert.Equal(address, endPoint!.ToString());
        }
        Assert.Null(UnixEndPointText.Read("a.sock", "/", out var inRoot));
        Assert.Equal("/a.sock", inRoot!.Path);
    }

    [Theory]
    [InlineData("x.sock")]
    [InlineData("./x.sock")]
    [InlineData("unix:x.sock")]
    public void A_relative_path_is_resolved_against_the_working_directory(string text) =>
        Assert.Equal(Path.Join(Environment.CurrentDirectory, "x.sock"), UnixEndPoint.Parse(text).Path);

    [Theory]
    [InlineData("~/x.sock", "write HOME/x.sock.")]
    [InlineData("unix:~/x.sock", "write HOME/x.sock.")]
    [InlineData("unix://~/x.sock", "write HOME/x.sock.")]
    [InlineData("~alice/x.sock", "begins with ~alice, which only a shell replaces: write the path of that directory.")]
    [InlineData("$HOME/x.sock", "write HOME/x.sock.")]
    [InlineData("${HOME}/x.sock", "write HOME/x.sock.")]
    [InlineData("$SAMEHOST_SECRET/x.sock", "write the value of SAMEHOST_SECRET.")]
    [InlineData("http+unix://%2Frun%2Fx.sock", "is a URL: write /run/x.sock.")]
    [InlineData("http+unix://%2frun%2fx.sock/v1/info", "is a URL: write /run/x.sock.")]
    [InlineData("unix://%2Frun%2Fx.sock", "is a URL: write /run/x.sock.")]
    [InlineData("http://unix:/run/x.sock:/v1", "is a URL: write /run/x.sock.")]
    [InlineData("file:///run/x.sock", "is a URL: write /run/x.sock.")]
    [InlineData("tcp://localhost:80", "is a URL: write the path of the socket, or @name.")]
    [InlineData("unix:path=/run/dbus%2dx,guid=12", "is an address of D-Bus: write /run/dbus-x.")]
    [InlineData("unix:abstract=/tmp/dbus-x;tcp:host=a", "is an address of D-Bus: write @/tmp/dbus-x.")]
    [InlineData("unix:runtime=yes", "is an address of D-Bus: write the path that the bus listens at.")]
    [InlineData("UNIX-LISTEN:/run/x.sock,fork", "is in another program's notation: write /run/x.sock.")]
    [InlineData("ABSTRACT-CONNECT:x", "is in another program's notation: write @x.")]
    [InlineData("\"/run/x.sock\"", "is in quotes, which would be part of the name: write /run/x.sock.")]
    [InlineData("'@x'", "is in quotes, which would be part of the name: write @x.")]
    [InlineData("/run/x.sock ", "begins or ends with a blank: write /run/x.sock.")]
    [InlineData("\t/run/x.sock", "begins or ends with a blank: write /run/x.sock.")]
    [InlineData("/run/x.sock\n", "\"/run/x.sock\\x0a\" begins or ends with a blank")]
    [InlineData("@x ", "begins or ends with a blank: write @x.")]
    [InlineData("  ", "The address is blank")]
    [InlineData("localhost:8080", "looks like an address of TCP, and not of a local socket: a file of that name is ./localhost:8080.")]
    [InlineData("[::1]:80", "looks like an address of TCP")]
    public void Other_notations_are_recognized_with_the_form_to_write(string text, string advice)
    {
        var thrown = Assert.Throws<FormatException>(() => UnixEndPoint.Parse(text));

        var home = Environment.GetEnvironmentVariable("HOME") is ['/', ..] directory ? directory.TrimEnd('/') : null;
        if (home is not null || !advice.Contains("HOME/", StringComparison.Ordinal))
            Assert.Contains(advice.Replace("HOME/", home + "/", StringComparison.Ordinal), thrown.Message, StringComparison.Ordinal);
        Assert.False(UnixEndPoint.TryParse(text, out _));
    }

    [Fact]
    public void Bytes_that_are_not_UTF8_are_read_as_they_are()
    {
        Assert.Null(UnixEndPointText.Read([.. "unix-abstract:a"u8, 0xff], "/run", out var name));
        Assert.Equal(UnixEndPoint.FromAbstractName([(byte)'a', 0xff]), name);
        Assert.Null(UnixEndPointText.Read([(byte)'a', 0xff], "/run", out var path));
        Assert.Equal(UnixEndPoint.FromPath([.. "/run/a"u8, 0xff]), path);
        Assert.Contains("names a host", UnixEndPointText.Read([.. "unix://a"u8, 0xff], "/run", out _), StringComparison.Ordinal);
    }

    [Fact]
    public void Generic_code_parses_addresses()
    {
        var address = UnixEndPoint.Parse("@name");
        Assert.Equal(address, Parse<UnixEndPoint>("unix-abstract:name"));
        Assert.Equal(address, ParseSpan<UnixEndPoint>("unix-abstract:name"));
        Assert.Equal(address, UnixEndPoint.Parse("x@name".AsSpan(1)));
        Assert.False(UnixEndPoint.TryParse((string?)null, out _));
    }

    private static T Parse<T>(string text)
        where T : IParsable<T>
    {
        var parsed = T.Parse(text, null);
        Assert.True(T.TryParse(text, null, out var same));
        Assert.Equal(parsed, same);
        return parsed;
    }

    private static T ParseSpan<T>(ReadOnlySpan<char> text)
        where T : ISpanParsable<T>
    {
        var parsed = T.Parse(text, null);
        Assert.True(T.TryParse(text, null, out var same));
        Assert.Equal(parsed, same);
        return parsed;
    }

    [Theory]
    [InlineData("/run/")]
    [InlineData("@")]
    public void Half_a_surrogate_pair_is_refused_because_it_has_no_bytes(string start)
    {
        var text = start + '\ud800';

        var thrown = Assert.Throws<FormatException>(() => UnixEndPoint.Parse(text));
        Assert.Contains("half a surrogate pair", thrown.Message, StringComparison.Ordinal);
        Assert.False(UnixEndPoint.TryParse(text, out _));
    }

    [Fact]
    public void Null_is_refused()
    {
        Assert.Throws<ArgumentNullException>(() => UnixEndPoint.Parse(null!));
        Assert.False(UnixEndPoint.TryParse(null, out _));
    }

    [Fact]
    public void A_path_of_4095_bytes_is_accepted_and_one_of_4096_is_refused_with_its_length()
    {
        var longest = "/" + new string('a', 4094);

        Assert.Equal(4095, UnixEndPoint.FromPath(longest).NameBytes.Length);
        var thrown = Assert.Throws<ArgumentException>(() => UnixEndPoint.FromPath(longest + "a"));
        Assert.Contains("4096 bytes long and the limit is 4095 bytes", thrown.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Length_counts_bytes_and_not_characters()
    {
        var thrown = Assert.Throws<ArgumentException>(() => UnixEndPoint.FromPath("/" + new string('ü', 2048)));

        Assert.Contains("4097 bytes long", thrown.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void An_abstract_name_of_107_bytes_is_accepted_and_one_of_108_is_refused()
    {
        Assert.Equal(107, UnixEndPoint.FromAbstractName(new string('a', 107)).NameBytes.Length);
        var thrown = Assert.Throws<ArgumentException>(() => UnixEndPoint.FromAbstractName(new string('a', 108)));
        Assert.Contains("abstract name is 108 bytes long", thrown.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Paths_given_as_bytes_obey_the_same_rules()
    {
        Assert.Throws<ArgumentException>(() => UnixEndPoint.FromPath(""u8));
        Assert.Throws<ArgumentException>(() => UnixEndPoint.FromPath("x"u8));
        Assert.Throws<ArgumentException>(() => UnixEndPoint.FromPath("/x/"u8));
        Assert.Throws<ArgumentException>(() => UnixEndPoint.FromPath("/x\0y"u8));
        Assert.Throws<ArgumentException>(() => UnixEndPoint.FromPath(Encoding.ASCII.GetBytes("/" + new string('a', 4095))));
        Assert.Throws<ArgumentException>(() => UnixEndPoint.FromAbstractName(""u8));
    }
}
