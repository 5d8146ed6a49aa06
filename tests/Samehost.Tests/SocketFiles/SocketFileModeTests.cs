using System.ComponentModel;
using Xunit;

namespace Samehost.Tests.SocketFiles;

/// <summary>Modes, policies and addresses as text, as configuration has them.</summary>
public sealed class SocketFileModeTests
{
    [Theory]
    [InlineData("0660", 0b110_110_000)]
    [InlineData("660", 0b110_110_000)]
    [InlineData("0600", 0b110_000_000)]
    [InlineData("440", 0b100_100_000)] // in decimal, the mode 0670
    [InlineData("000", 0)]
    [InlineData("777", 0b111_111_111)]
    [InlineData(" 0660 ", 0b110_110_000)]
    [InlineData("UserRead, UserWrite", 0b110_000_000)]
    public void A_mode_is_octal_or_has_names(string text, int bits)
    {
        SocketFileMode expected = (UnixFileMode)bits;
        Assert.Equal(expected, SocketFileMode.Parse(text));
        Assert.Equal(expected, TypeDescriptor.GetConverter(typeof(SocketFileMode)).ConvertFromInvariantString(text));
        Assert.Equal(expected, SocketFileMode.Parse(expected.ToString()));
    }

    [Theory]
    [InlineData("")]
    [InlineData("0")]
    [InlineData("66")]
    [InlineData("0680")]
    [InlineData("1660")]
    [InlineData("00660")]
    [InlineData("432,")]
    [InlineData("-660")]
    [InlineData("rw-rw----")]
    [InlineData("SetUser")]
    [InlineData("660\0")]
    public void Other_text_is_refused_with_the_form_to_write(string text)
    {
        var problem = Assert.Throws<FormatException>(() => SocketFileMode.Parse(text));
        Assert.Contains("is not a mode of a socket file: use three octal digits, as in 0660", problem.Message, StringComparison.Ordinal);
        Assert.False(SocketFileMode.TryParse(text, out _));
        Assert.Throws<FormatException>(() => TypeDescriptor.GetConverter(typeof(SocketFileMode)).ConvertFromInvariantString(text));
    }

    [Fact]
    public void Permissions_convert_to_a_mode_and_back()
    {
        var options = new SocketFileOptions();
        Assert.Equal("0600", options.Mode.ToString());
        options.Mode |= UnixFileMode.GroupWrite;
        Assert.True(options.Mode == (UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupWrite));
        Assert.True(options.Mode != default(SocketFileMode));
    }

    [Fact]
    public void Addresses_and_policies_have_converters()
    {
        var addresses = TypeDescriptor.GetConverter(typeof(UnixEndPoint));
        Assert.Equal(UnixEndPoint.Parse("@a"), addresses.ConvertFromInvariantString("@a"));
        Assert.Equal("@a", addresses.ConvertToInvariantString(UnixEndPoint.Parse("@a")));
        Assert.Throws<FormatException>(() => addresses.ConvertFromInvariantString("a\0"));

        var policies = TypeDescriptor.GetConverter(typeof(PeerPolicy));
        Assert.Equal(PeerPolicy.SelfAndRoot, policies.ConvertFromInvariantString("self,root"));
        Assert.Equal("self,root", policies.ConvertToInvariantString(PeerPolicy.SelfAndRoot));
        var problem = Assert.Throws<FormatException>(() => policies.ConvertFromInvariantString("self,bla"));
        Assert.StartsWith("'bla' is not a term of a policy", problem.Message, StringComparison.Ordinal);
    }
}
