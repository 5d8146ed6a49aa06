using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using Samehost.Interop;
using Samehost.Tool.Cli;
using Samehost.Tool.Interop;

namespace Samehost.Tool.Bench;

/// <summary>One end of a transport, with blocking calls: the handles to read and to write, which are the same for a socket.</summary>
/// <param name="reading">The handle to read.</param>
/// <param name="writing">The handle to write.</param>
/// <param name="preservesMessages">Whether message boundaries are preserved.</param>
/// <param name="owner">The owner of the handles; null when they are closed by the channel.</param>
internal sealed class BlockingChannel(SafeHandle reading, SafeHandle writing, bool preservesMessages, IDisposable? owner = null)
    : IDisposable
{
    public IReadOnlyList<SafeHandle> Handles => reading == writing ? [reading] : [reading, writing];

    public SafeHandle Handle => reading;

    /// <summary>Whether message boundaries are preserved.</summary>
    public bool PreservesMessages => preservesMessages;

    /// <summary>Reads; returns the number of bytes, 0 at the end, or <c>-errno</c>.</summary>
    public int Read(Span<byte> buffer) => LibcPlainIO.Read(reading, buffer);

    /// <summary>Writes all bytes; returns 0, or <c>-errno</c>.</summary>
    public int Write(ReadOnlySpan<byte> bytes)
    {
        do
        {
            var written = LibcPlainIO.Write(writing, bytes);
            if (written < 0)
                return written;
            bytes = bytes[written..];
        }
        while (bytes.Length > 0);
        return 0;
    }

    public void Dispose()
    {
        if (owner is not null)
        {
            owner.Dispose();
            return;
        }

        // A connection reports its end to the peer; for datagrams an empty message does.
        if (preservesMessages)
            _ = LibcPlainIO.Write(writing, []);
        writing.Dispose();
        reading.Dispose();
    }
}

/// <summary>A transport between two processes of a machine; opened anew for each measurement.</summary>
internal sealed record Transport(string Name, Func<(BlockingChannel Client, BlockingChannel Worker)> Open)
{
    public const string Reference = "TCP";

    /// <summary>Whether messages may be lost.</summary>
    public bool IsLossy { get; private init; }

    /// <summary>Whether it is used through this library, which busy-polls before it waits, instead of through blocking calls.</summary>
    public bool IsLibrary { get; private init; }

    /// <summary>All transports, local ones first.</summary>
    public static IReadOnlyList<Transport> All { get; } =
    [
        new("local stream, polled", () => Local(SocketType.Stream)) { IsLibrary = true },
        Of(SocketType.Stream),
        Of(SocketType.Dgram),
        Of(SocketType.Seqpacket),
        new("pipe", Pipes),
        new(Reference, Tcp),
        new("UDP", Udp) { IsLossy = true },
    ];

    /// <summary>Gets the local socket of a type.</summary>
    public static Transport Of(SocketType kind) => new($"local {kind.ToName()}", () => Local(kind));

    private static (BlockingChannel, BlockingChannel) Local(SocketType kind)
    {
        Check(LibcSocket.SocketPair((int)kind, out var one, out var other), "socketpair");
        var preservesMessages = kind != SocketType.Stream;
        return (Blocking(one!, one!, preservesMessages), Blocking(other!, other!, preservesMessages));
    }

    private static (BlockingChannel, BlockingChannel) Pipes()
    {
        Check(LibcPipe.Create(out var clientReading, out var workerWriting), "pipe2");
        Check(LibcPipe.Create(out var workerReading, out var clientWriting), "pipe2");
        return (
            Blocking(clientReading!, clientWriting!, preservesMessages: false),
            Blocking(workerReading!, workerWriting!, preservesMessages: false));
    }

    private static (BlockingChannel, BlockingChannel) Tcp()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start(1);
        var one = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        one.Connect(listener.LocalEndpoint);
        var other = listener.AcceptSocket();
        other.NoDelay = true;
        return (FromSocket(one, preservesMessages: false), FromSocket(other, preservesMessages: false));
    }

    private static (BlockingChannel, BlockingChannel) Udp()
    {
        Socket one = Bound(), other = Bound();
        one.Connect(other.LocalEndPoint!);
        other.Connect(one.LocalEndPoint!);
        return (FromSocket(one, preservesMessages: true), FromSocket(other, preservesMessages: true));

        static Socket Bound()
        {
            var socket = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
            socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
            return socket;
        }
    }

    public static BlockingChannel FromSocket(Socket socket, bool preservesMessages) =>
        new(socket.SafeHandle, socket.SafeHandle, preservesMessages);

    // The library creates non-blocking descriptors.
    private static BlockingChannel Blocking(Descriptor reading, Descriptor writing, bool preservesMessages)
    {
        _ = LibcFcntl.SetNonBlocking(reading, nonBlocking: false);
        _ = LibcFcntl.SetNonBlocking(writing, nonBlocking: false);
        return new(reading, writing, preservesMessages);
    }

    private static void Check(int result, string call)
    {
        if (result < 0)
            throw new UnixSocketException((Errno)(-result), call);
    }
}
