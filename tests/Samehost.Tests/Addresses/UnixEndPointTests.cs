using Xunit;

namespace Samehost.Tests.Addresses;

public sealed class UnixEndPointTests
{
    [Fact]
    public void Addresses_are_equal_when_kind_and_bytes_are()
    {
        var one = UnixEndPoint.Parse("/run/x.sock");
        var same = UnixEndPoint.FromPath("/run/x.sock"u8);
        var abstractOne = UnixEndPoint.Parse("@/run/x.sock");

        Assert.True(one == same);
        Assert.Equal(one.GetHashCode(), same.GetHashCode());
        Assert.True(one != abstractOne);
        Assert.False(one.Equals(null));
        Assert.NotEqual(UnixEndPoint.Unnamed, UnixEndPoint.Autobind);
    }

    [Fact]
    public void Two_names_that_are_not_UTF8_are_not_equal()
    {
        var one = UnixEndPoint.FromPath([.. "/run/"u8, 0xFE]);
        var other = UnixEndPoint.FromPath([.. "/run/"u8, 0xFF]);

        Assert.NotEqual(one, other);
        Assert.Equal("/run/\\xfe", one.ToString());
        Assert.Equal("/run/\uFFFD", one.Path);
    }

    [Fact]
    public void Changing_the_bytes_that_an_address_was_made_of_does_not_change_it()
    {
        var bytes = "/run/x"u8.ToArray();
        var endPoint = UnixEndPoint.FromPath(bytes);
        bytes[5] = (byte)'y';

        Assert.Equal("/run/x", endPoint.ToString());
    }

    [Theory]
    [InlineData("/run/a\nb", "/run/a\\x0ab")]
    [InlineData("/run/\u001b[31m", "/run/\\x1b[31m")]
    [InlineData("/run/\u009b", "/run/\\xc2\\x9b")]
    [InlineData("/run/\u202egnp", "/run/\\xe2\\x80\\xaegnp")]
    [InlineData("/run/\u2028", "/run/\\xe2\\x80\\xa8")]
    [InlineData("/run/😀", "/run/😀")]
    public void Characters_that_could_forge_a_line_are_printed_escaped(string path, string printed) =>
        Assert.Equal(printed, UnixEndPoint.FromPath(path).ToString());

    [Fact]
    public void Names_that_cannot_be_parsed_are_printed_in_parentheses()
    {
        Assert.Equal("(unnamed)", UnixEndPoint.Unnamed.ToString());
        Assert.Equal("(autobind)", UnixEndPoint.Autobind.ToString());
        Assert.False(UnixEndPoint.TryParse("(autobind)", out _));
    }

    [Fact]
    public void A_relative_path_that_another_program_bound_does_not_look_like_an_abstract_name()
    {
        var relative = UnixEndPoint.FromSockAddr([1, 0, .. "@x"u8, 0]);

        Assert.Equal(UnixEndPointKind.Pathname, relative.Kind);
        Assert.Equal("@x", relative.Path);
        Assert.Equal("./@x", relative.ToString());
    }
}
