using System.Net.Sockets;
using System.Net;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;
using Samehost.Tool.Cli;
using Samehost.Tool.Interop;

namespace Samehost.Tool.Bench;

/// <summary>One side of a transport: where it reads and where it writes, which for a socket is the same. Its calls wait.</summary>
/// <param name="reading">Where it reads.</param>
/// <param name="writing">Where it writes.</param>
/// <param name="keepsRecords">What is written at once is read at once.</param>
/// <param name="owner">Whoever closes the handles; null when they are closed here.</param>
internal sealed class BlockingChannel(SafeHandle reading, SafeHandle writing, bool keepsRecords, IDisposable? owner = null) : IDisposable
{
    public IReadOnlyList<SafeHandle> Handles => reading == writing ? [reading] : [reading, writing];

    public SafeHandle Handle => reading;

    /// <summary>What is written at once is read at once.</summary>
    public bool KeepsRecords => keepsRecords;

    /// <summary>How many bytes came, 0 at the channel; or the negative errno.</summary>
    public int Read(Span<byte> buffer) => LibcTransport.Read(reading, buffer);

    /// <summary>Writes everything: 0, or the negative errno.</summary>
    public int Write(ReadOnlySpan<byte> bytes)
    {
        do
        {
            int written = LibcTransport.Write(writing, bytes);
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

        // The other side of a connection sees its channel; where there is no connection, an empty message tells it.
        if (keepsRecords)
            _ = LibcTransport.Write(writing, []);
        writing.Dispose();
        reading.Dispose();
    }
}

/// <summary>A way for two programs on this machine to talk; opened anew for each measurement.</summary>
internal sealed record Transport(string Name, Func<(BlockingChannel Ours, BlockingChannel Theirs)> Open)
{
    public const string Reference = "TCP";

    /// <summary>Messages may be lost.</summary>
    public bool IsLossy { get; private init; }

    /// <summary>Used through this library, which polls before it waits, instead of through plain calls.</summary>
    public bool IsLibrary { get; private init; }

    /// <summary>All, the local ones first.</summary>
    public static IReadOnlyList<Transport> All { get; } =
    [
        new("local stream, polled", () => Local(SocketKind.Stream)) { IsLibrary = true },
        Of(SocketKind.Stream),
        Of(SocketKind.Datagram),
        Of(SocketKind.Seqpacket),
        new("pipe", Pipes),
        new(Reference, Tcp),
        new("UDP", Udp) { IsLossy = true },
    ];

    /// <summary>The local socket of this type.</summary>
    public static Transport Of(SocketKind kind) => new($"local {kind.ToString().ToLowerInvariant()}", () => Local(kind));

    private static (BlockingChannel, BlockingChannel) Local(SocketKind kind)
    {
        (SafeFileHandle one, SafeFileHandle other) = LibcTransport.SocketPair((int)kind);
        bool keepsRecords = kind != SocketKind.Stream;
        return (new(one, one, keepsRecords), new(other, other, keepsRecords));
    }

    private static (BlockingChannel, BlockingChannel) Pipes()
    {
        (SafeFileHandle ourReading, SafeFileHandle theirWriting) = LibcTransport.Pipe();
        (SafeFileHandle theirReading, SafeFileHandle ourWriting) = LibcTransport.Pipe();
        return (new(ourReading, ourWriting, keepsRecords: false), new(theirReading, theirWriting, keepsRecords: false));
    }

    private static (BlockingChannel, BlockingChannel) Tcp()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start(1);
        var one = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        one.Connect(listener.LocalEndpoint);
        Socket other = listener.AcceptSocket();
        other.NoDelay = true;
        return (Whole(one, keepsRecords: false), Whole(other, keepsRecords: false));
    }

    private static (BlockingChannel, BlockingChannel) Udp()
    {
        Socket one = Bound(), other = Bound();
        one.Connect(other.LocalEndPoint!);
        other.Connect(one.LocalEndPoint!);
        return (Whole(one, keepsRecords: true), Whole(other, keepsRecords: true));

        static Socket Bound()
        {
            var socket = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
            socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
            return socket;
        }
    }

    public static BlockingChannel Whole(Socket socket, bool keepsRecords) => new(socket.SafeHandle, socket.SafeHandle, keepsRecords);
}
