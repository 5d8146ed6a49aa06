using System.Net;
using System.Net.Sockets;
using Samehost.Interop;
using Xunit;

namespace Samehost.Tests.Addresses;

public sealed class SockAddrTests
{
    [Fact]
    public void A_path_is_written_with_its_final_NUL()
    {
        var buffer = Filled();
        var length = UnixEndPoint.FromPath("/a"u8).WriteSockAddr(buffer);

        Assert.Equal([1, 0, (byte)'/', (byte)'a', 0], buffer[..length]);
    }

    [Fact]
    public void An_abstract_name_is_written_with_its_leading_NUL_and_no_final_one()
    {
        var buffer = Filled();
        var length = UnixEndPoint.FromAbstractName("ab"u8).WriteSockAddr(buffer);

        Assert.Equal([1, 0, 0, (byte)'a', (byte)'b'], buffer[..length]);
    }

    [Fact]
    public void Unnamed_and_autobind_addresses_have_the_family_only()
    {
        var buffer = Filled();

        Assert.Equal(2, UnixEndPoint.Unnamed.WriteSockAddr(buffer));
        Assert.Equal(2, UnixEndPoint.Autobind.WriteSockAddr(buffer));
        Assert.Equal([1, 0], buffer[..2]);
    }

    [Fact]
    public void No_bytes_and_just_the_family_are_read_as_unnamed()
    {
        Assert.Equal(UnixEndPoint.Unnamed, UnixEndPoint.FromSockAddr([]));
        Assert.Equal(UnixEndPoint.Unnamed, UnixEndPoint.FromSockAddr([1, 0]));
    }

    [Fact]
    public void A_path_is_read_with_or_without_its_final_NUL()
    {
        var expected = UnixEndPoint.FromPath("/a"u8);

        Assert.Equal(expected, UnixEndPoint.FromSockAddr([1, 0, .. "/a"u8]));
        Assert.Equal(expected, UnixEndPoint.FromSockAddr([1, 0, .. "/a"u8, 0]));
        Assert.Equal(expected, UnixEndPoint.FromSockAddr([1, 0, .. "/a"u8, 0, .. "rest"u8]));
    }

    [Fact]
    public void A_path_of_108_bytes_that_another_program_bound_is_read_and_written_completely()
    {
        byte[] sockaddr = [1, 0, (byte)'/', .. Enumerable.Repeat((byte)'a', 107)];
        var endPoint = UnixEndPoint.FromSockAddr(sockaddr);
        var buffer = Filled();

        Assert.Equal(108, endPoint.NameBytes.Length);
        Assert.Equal(110, endPoint.WriteSockAddr(buffer));
        Assert.Equal(sockaddr, buffer[..110]);
    }

    [Fact]
    public void NULs_inside_an_abstract_name_are_kept()
    {
        byte[] sockaddr = [1, 0, 0, (byte)'a', 0, 0];
        var endPoint = UnixEndPoint.FromSockAddr(sockaddr);
        var buffer = Filled();

        Assert.Equal("@a\\x00\\x00", endPoint.ToString());
        Assert.Equal(sockaddr, buffer[..endPoint.WriteSockAddr(buffer)]);
    }

    [Fact]
    public void Another_address_family_is_refused()
    {
        var internet = new IPEndPoint(IPAddress.Loopback, 80).Serialize();

        var thrown = Assert.Throws<ArgumentException>(() => UnixEndPoint.Unnamed.Create(internet));
        Assert.Contains("InterNetwork", thrown.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("path")]
    [InlineData("abstract")]
    public void Socket_accepts_an_address_and_returns_it(string kind)
    {
        using var directory = new AddressTestDirectory();
        var endPoint = kind == "path"
            ? UnixEndPoint.FromPath($"{directory.Path}/s")
            : UnixEndPoint.FromAbstractName($"samehost-test-{Guid.NewGuid():N}");
        using var listener = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        using var client = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);

        listener.Bind(endPoint);
        listener.Listen();
        client.Connect(endPoint);
        using var accepted = listener.Accept();

        Assert.Equal(endPoint, Assert.IsType<UnixEndPoint>(listener.LocalEndPoint));
        Assert.Equal(endPoint, Assert.IsType<UnixEndPoint>(client.RemoteEndPoint));
        Assert.Equal(UnixEndPoint.Unnamed, Assert.IsType<UnixEndPoint>(accepted.RemoteEndPoint));
        Assert.Equal(AddressFamily.Unix, endPoint.AddressFamily);
    }

    [Fact]
    public void Autobind_chooses_a_free_abstract_name()
    {
        using var socket = new Socket(AddressFamily.Unix, SocketType.Dgram, ProtocolType.Unspecified);
        socket.Bind(UnixEndPoint.Autobind);

        var local = Assert.IsType<UnixEndPoint>(socket.LocalEndPoint);
        Assert.Equal(UnixEndPointKind.Abstract, local.Kind);
        Assert.Equal(5, local.NameBytes.Length);
    }

    // Full of rubbish, so that a byte that is not written shows.
    private static byte[] Filled() => [.. Enumerable.Repeat((byte)0xEE, LibcSocket.SockAddrSize)];
}
