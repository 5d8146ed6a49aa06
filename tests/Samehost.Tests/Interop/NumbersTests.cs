// proc(5), sd_listen_fds(3), credentials(7): numbers as text.
using System.Text;
using Samehost.Interop;
using Samehost.Tests.Support;
using Xunit;

namespace Samehost.Tests.Interop;

/// <summary>A number is ASCII digits and nothing else, so that no two texts are one user, one descriptor or one process.</summary>
public sealed class NumbersTests
{
    public static TheoryData<string> NotNumbers =>
    [
        "", " ", "5\0", "5\0\0", "\05", "+5", "-5", " 5", "5 ", "5\n", "\t5", "0x5", "5u", "5.0", "5e1", "1 000", "1_000", "\u0665",
        "\uFF15", "\u00B2", "5\u00A0", "(5)", "99999999999999999999", "\u200B5",
    ];

    [Theory]
    [MemberData(nameof(NotNumbers))]
    public void Text_that_is_not_digits_is_not_a_number(string text)
    {
        Assert.False(Numbers.TryParse(text, out int _));
        Assert.False(Numbers.TryParse(text, out uint _));
        Assert.False(Numbers.TryParse(text, out long _));
        Assert.False(Numbers.TryParse(Encoding.UTF8.GetBytes(text), out uint _));
        Assert.Throws<FormatException>(() => Numbers.Parse<uint>(text));
    }

    [Theory]
    [InlineData("")]
    [InlineData("a\0")]
    [InlineData("0xa")]
    [InlineData("+a")]
    [InlineData(" a")]
    [InlineData("a ")]
    [InlineData("g")]
    [InlineData("100000000")]
    [InlineData("\uFF41")]
    public void Text_that_is_not_hexadecimal_digits_is_not_a_number(string text)
    {
        Assert.False(Numbers.TryParseHex(text, out uint _));
        Assert.False(Numbers.TryParseHex(Encoding.UTF8.GetBytes(text), out uint _));
    }

    [Theory]
    [InlineData("")]
    [InlineData(".")]
    [InlineData("1.5\0")]
    [InlineData("1..5")]
    [InlineData("1e5")]
    [InlineData("-1.5")]
    [InlineData("+1.5")]
    [InlineData(" 1.5")]
    [InlineData("1,5")]
    [InlineData("NaN")]
    [InlineData("Infinity")]
    public void Text_that_is_not_digits_and_a_point_is_not_a_number(string text) => Assert.False(Numbers.TryParseDecimal(text, out _));

    [Fact]
    public void Digits_are_parsed_within_the_range_of_the_type()
    {
        Assert.True(Numbers.TryParse("0", out byte zero));
        Assert.Equal(0, zero);
        Assert.True(Numbers.TryParse("007", out int seven));
        Assert.Equal(7, seven);
        Assert.True(Numbers.TryParse("4294967295"u8, out uint most));
        Assert.Equal(uint.MaxValue, most);
        Assert.False(Numbers.TryParse("4294967296"u8, out uint _));
        Assert.False(Numbers.TryParse("256", out byte _));
        Assert.False(Numbers.TryParse("2147483648", out int _));
        Assert.True(Numbers.TryParseHex("fFfFfFfF", out uint hex));
        Assert.Equal(uint.MaxValue, hex);
        Assert.True(Numbers.TryParseDecimal("12.34", out var point));
        Assert.Equal(12.34, point);
    }

    [Theory]
    [MemberData(nameof(NotNumbers))]
    public void Policies_and_users_are_not_read_from_such_text(string text)
    {
        var isTrimmed = text.TrimEnd() != text; // white space around a term is allowed
        Assert.Equal(isTrimmed && text.Length > 1, PeerPolicy.TryParse("uid:" + text + ",root", out _));
        Assert.Equal(isTrimmed && text.Length > 1, PeerPolicy.TryParse("gid:" + text, out _));
        Assert.Throws<FormatException>(() => UnixUser.Parse(text));
        Assert.Throws<FormatException>(() => UnixUser.Parse("root:" + text));
    }

    [Theory]
    [MemberData(nameof(NotNumbers))]
    public void Socket_files_are_not_given_to_such_a_group(string text)
    {
        using var directory = new TestDirectory();
        var options = new UnixListenerOptions { SocketFile = new SocketFileOptions { Group = text } };
        var failure = Assert.Throws<UnixSocketException>(() => UnixListener.Listen(UnixEndPoint.FromPath(directory["a.sock"]), options));
        Assert.Equal(Errno.EINVAL, failure.Errno);
        Assert.Empty(directory.Names);
    }
}
