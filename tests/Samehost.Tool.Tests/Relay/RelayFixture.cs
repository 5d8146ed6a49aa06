using System.Net;
using System.Net.Sockets;
using System.Text;
using Samehost.Tool.Tests.Support;

namespace Samehost.Tool.Tests.Relay;

/// <summary>Relays between addresses of a test, with a client and a server at the two ends.</summary>
public abstract class RelayFixture : ToolFixture
{
    protected static CancellationToken Stop => TestContext.Current.CancellationToken;

    protected string FromPath => Path.Join(Temporary, "from.sock");

    protected string ToPath => Path.Join(Temporary, "to.sock");

    /// <summary>Starts a relay and waits until it listens; returns its address, because the port may be chosen by the kernel.</summary>
    internal async Task<(ToolRun Run, EndPoint From)> RelayAsync(string from, EndPoint to, params string[] options)
    {
        var run = Start(["relay", from, Address(to), .. options]);
        var line = await run.ReadErrorLineAsync();
        Assert.StartsWith("samehost: relaying ", line, StringComparison.Ordinal);
        var where = line.Split(' ')[line.Contains("datagrams", StringComparison.Ordinal) ? 4 : 2];
        return (run, where.StartsWith("tcp:", StringComparison.Ordinal) ? IPEndPoint.Parse(where[4..]) : Local(where));
    }

    internal static Socket Listen(EndPoint address, SocketType type = SocketType.Stream)
    {
        var listener = new Socket(address.AddressFamily, type, ProtocolType.Unspecified);
        listener.Bind(address);
        if (type != SocketType.Dgram)
            listener.Listen(100);
        return listener;
    }

    internal static async Task<Socket> ConnectAsync(EndPoint address, SocketType type = SocketType.Stream)
    {
        var client = new Socket(address.AddressFamily, type, ProtocolType.Unspecified);
        await client.ConnectAsync(address, Stop);
        return client;
    }

    internal static async Task SendAllAsync(Socket socket, ReadOnlyMemory<byte> bytes)
    {
        while (!bytes.IsEmpty)
            bytes = bytes[await socket.SendAsync(bytes, Stop)..];
    }

    /// <summary>Receives until the end of stream.</summary>
    internal static async Task<byte[]> ReceiveAllAsync(Socket socket)
    {
        var all = new MemoryStream();
        var buffer = new byte[65536];
        for (int got; (got = await socket.ReceiveAsync(buffer, Stop)) > 0;)
            all.Write(buffer, 0, got);
        return all.ToArray();
    }

    /// <summary>Receives one record, or available bytes of a stream, as text.</summary>
    internal static async Task<string> ReceiveTextAsync(Socket socket)
    {
        var buffer = new byte[1000];
        return Encoding.Latin1.GetString(buffer, 0, await socket.ReceiveAsync(buffer, Stop));
    }

    internal static EndPoint Local(string path) => new UnixDomainSocketEndPoint(path[0] == '@' ? '\0' + path[1..] : path);

    internal static EndPoint AnyPort => new IPEndPoint(IPAddress.Loopback, 0);

    private static string Address(EndPoint end) => end switch
    {
        IPEndPoint => $"tcp:{end}",
        _ => end.ToString()!,
    };
}
