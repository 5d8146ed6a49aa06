using System.Net;
using System.Net.Sockets;
using Microsoft.Win32.SafeHandles;
using Samehost.Tool.Arguments;
using Samehost.Tool.Interop;

namespace Samehost.Tool.Benchmarks;

/// <summary>A way for two programs on this machine to talk; opened anew for each measurement.</summary>
internal sealed record Transport(string Name, Func<(End Ours, End Theirs)> Open)
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

    private static (End, End) Local(SocketKind kind)
    {
        (SafeFileHandle one, SafeFileHandle other) = LibcTransport.SocketPair((int)kind);
        bool keepsRecords = kind != SocketKind.Stream;
        return (new(one, one, keepsRecords), new(other, other, keepsRecords));
    }

    private static (End, End) Pipes()
    {
        (SafeFileHandle ourReading, SafeFileHandle theirWriting) = LibcTransport.Pipe();
        (SafeFileHandle theirReading, SafeFileHandle ourWriting) = LibcTransport.Pipe();
        return (new(ourReading, ourWriting, keepsRecords: false), new(theirReading, theirWriting, keepsRecords: false));
    }

    private static (End, End) Tcp()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start(1);
        var one = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        one.Connect(listener.LocalEndpoint);
        Socket other = listener.AcceptSocket();
        other.NoDelay = true;
        return (Whole(one, keepsRecords: false), Whole(other, keepsRecords: false));
    }

    private static (End, End) Udp()
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

    public static End Whole(Socket socket, bool keepsRecords) => new(socket.SafeHandle, socket.SafeHandle, keepsRecords);
}
