using System.Globalization;
using System.Net.Sockets;
using FsCheck;
using FsCheck.Fluent;
using Samehost.Interop;
using Xunit;

namespace Samehost.Tests.Addresses;

public sealed class AddressPropertyTests
{
    private static Gen<byte[]> Bytes(int least, int most) =>
        Gen.Choose(least, most).SelectMany(length => Gen.Choose(0, 255).Select(number => (byte)number).ArrayOf(length));

    private static Gen<UnixEndPoint> AbstractNames => Bytes(1, 107).Select(name => UnixEndPoint.FromAbstractName(name));

    private static Gen<UnixEndPoint> Paths => Bytes(1, 106)
        .Select(bytes => bytes.Select((b, at) => b == 0 || (b == '/' && at == bytes.Length - 1) ? (byte)'x' : b).ToArray())
        .Select(name => UnixEndPoint.FromPath([(byte)'/', .. name]));

    private static Arbitrary<UnixEndPoint> EndPoints => Gen.OneOf(AbstractNames, Paths).ToArbitrary();

    private static Arbitrary<string> PrintableTexts =>
        Gen.Elements("/", "a", "Z", " ", "%2F", "\\x00", "@", "unix:", ":", "é", "😀", ".", "..", "-").ListOf()
            .Select(parts => "/" + string.Concat(parts).TrimEnd('/') + "s").ToArbitrary();

    [Fact]
    public void A_sockaddr_is_converted_back_to_the_same_address() => Prop.ForAll(EndPoints, endPoint =>
    {
        var buffer = new byte[LibcSocket.SockAddrSize];
        var back = UnixEndPoint.FromSockAddr(buffer.AsSpan(0, endPoint.WriteSockAddr(buffer)));
        return back == endPoint && back.NameBytes.Span.SequenceEqual(endPoint.NameBytes.Span);
    }).QuickCheckThrowOnFailure();

    [Fact]
    public void A_SocketAddress_is_converted_back_to_the_same_address() => Prop.ForAll(
        EndPoints, endPoint => UnixEndPoint.Unnamed.Create(endPoint.Serialize()).Equals(endPoint)).QuickCheckThrowOnFailure();

    [Fact]
    public void A_bound_socket_reports_its_abstract_name() => Prop.ForAll(AbstractNames.ToArbitrary(), endPoint =>
    {
        // Random names of one byte can meet one that is in use; a longer one of ours cannot.
        byte[] name = [.. Guid.NewGuid().ToByteArray(), .. endPoint.NameBytes.Span];
        var unique = UnixEndPoint.FromAbstractName(name.AsSpan(0, Math.Min(name.Length, UnixEndPoint.MaxNameLength)));
        using var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        socket.Bind(unique);
        return unique.Equals(socket.LocalEndPoint);
    }).QuickCheckThrowOnFailure();

    [Fact]
    public void A_printed_path_parses_to_the_same_address() => Prop.ForAll(PrintableTexts, text =>
        !UnixEndPoint.TryParse(text, out var endPoint)
            ? System.Text.Encoding.UTF8.GetByteCount(text) > UnixEndPoint.MaxNameLength
            : endPoint == UnixEndPoint.Parse(endPoint.ToString())
                && endPoint == UnixEndPoint.Parse("unix:" + (text.StartsWith("//", StringComparison.Ordinal) ? "//" : "") + endPoint)
                && endPoint.ToString() == text).QuickCheckThrowOnFailure();

    [Fact]
    public void A_printed_address_is_one_line_without_control_characters() => Prop.ForAll(EndPoints, endPoint =>
        endPoint.ToString().All(c => CharUnicodeInfo.GetUnicodeCategory(c)
            is not (UnicodeCategory.Control or UnicodeCategory.Format or UnicodeCategory.LineSeparator)))
        .QuickCheckThrowOnFailure();

    [Fact]
    public void TryParse_never_throws_and_agrees_with_Parse() => Prop.ForAll<string?>(text =>
    {
        foreach (var prefix in new[] { "", "/", "@", "unix:", "unix://", "unix-abstract:" })
        {
            var read = UnixEndPoint.TryParse(prefix + text, out var endPoint);
            if (read != (endPoint is not null) || read == (Record.Exception(() => UnixEndPoint.Parse(prefix + text)) is FormatException))
                return false;
        }

        return true;
    }).QuickCheckThrowOnFailure();
}
