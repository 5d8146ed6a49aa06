using System.Net.Sockets;
using System.Text;
using Samehost.Addresses;
using Samehost.Interop;
using Samehost.SocketFiles;

namespace Samehost.TestPeer;

/// <summary>
/// <c>calls DIRECTORY</c>: executes a call in the directory for each line of its input, as the user of this process, and prints its errno:
/// <c>connect|bind|keep|safe-bind|cd|explain|explain-bind KIND NAME [BACKLOG]</c>, with the address as hexadecimal bytes. A socket that
/// <c>keep</c> binds (and listens on, with a backlog) is open until the end of the input.
/// </summary>
internal static class SystemCalls
{
    private static readonly List<Descriptor> Kept = [];

    public static void Run(PeerArguments arguments)
    {
        Directory.SetCurrentDirectory(arguments.Path.Path!);
        Console.WriteLine("ready");
        while (Console.ReadLine() is { } line)
        {
            var words = line.Split(' ');
            var kind = int.Parse(words[1], null);
            var name = Convert.FromHexString(words[2]);
            Console.WriteLine(Call(words[0], kind, name, words.Length > 3 ? int.Parse(words[3], null) : null));
        }
        Kept.ForEach(socket => socket.Dispose());
    }

    private static int Call(string call, int kind, byte[] name, int? backlog) => call switch
    {
        "connect" => OnSocket(kind, socket => Connect(socket, name)),
        "bind" => OnSocket(kind, socket => Unlinked(LibcSocket.Bind(socket, Address(name)), name)),
        "keep" => Keep(kind, name, backlog),
        "safe-bind" => OnSocket(kind, socket => Failure(() => SocketFile.Bind(socket, EndPoint(name)).Dispose())),
        "cd" => ChangeDirectory(Text(name)),
        "explain" => Verdict(UnixExplanation.ExplainConnect(Text(name), new() { SocketType = (SocketType)kind })),
        "explain-bind" => Verdict(UnixExplanation.ExplainBind(Text(name), new() { SocketType = (SocketType)kind })),
        _ => throw new ArgumentException(call),
    };

    /// <summary>Connects; to a path that is too long for an address as the library does.</summary>
    private static int Connect(Descriptor socket, byte[] name)
    {
        if (name is [0, ..] || name.Length <= UnixEndPoint.MaxNameLength + 1)
            return LibcSocket.Connect(socket, Address(name));
        using var address = new CallAddress(UnixEndPoint.FromPath(name.AsSpan().TrimEnd((byte)0)), new byte[LibcSocket.SockAddrSize]);
        return address.Connect(socket);
    }

    private static int OnSocket(int kind, Func<Descriptor, int> call)
    {
        var result = LibcSocket.Socket(kind, out var socket);
        if (socket is null)
            return -result;
        using (socket)
            return Math.Max(0, -call(socket));
    }

    private static int Keep(int kind, byte[] name, int? backlog)
    {
        _ = LibcSocket.Socket(kind, out var socket);
        Kept.Add(socket!);
        var result = LibcSocket.Bind(socket!, Address(name));
        if (result >= 0 && backlog is { } length)
            result = LibcSocket.Listen(socket!, length);
        return Math.Max(0, -result);
    }

    private static int Unlinked(int result, byte[] name)
    {
        if (result >= 0)
            _ = LibcFile.Unlink(name.AsSpan().TrimEnd((byte)0));
        return result;
    }

    private static int Failure(Action action)
    {
        try
        {
            action();
            return 0;
        }
        catch (UnixSocketException failure)
        {
            return -failure.ErrorCode;
        }
    }

    private static int Verdict(UnixExplanation explanation) =>
        explanation.Verdict.Outcome == UnixOutcome.Unknown ? -1 : (int)explanation.Verdict.Errno;

    private static int ChangeDirectory(string path)
    {
        Directory.SetCurrentDirectory(path);
        return 0;
    }

    // From the form that the kernel reports, which may be a relative path.
    private static UnixEndPoint EndPoint(byte[] name) => UnixEndPoint.FromSockAddr(Address(name));

    private static string Text(ReadOnlySpan<byte> name) =>
        name is [0, ..] ? "@" + Encoding.UTF8.GetString(name[1..]) : Encoding.UTF8.GetString(name.TrimEnd((byte)0));

    private static byte[] Address(byte[] name) => [1, 0, .. name];
}

/// <summary><c>find-socket PATH</c>: prints the entry of the socket table for the socket that is bound to the path.</summary>
internal static class FindSocket
{
    public static void Run(PeerArguments arguments)
    {
        var table = UnixSocketTable.Read();
        var socket = table.BoundTo(arguments.Path).Single();
        Console.WriteLine(
            $"{socket.State} user {socket.UserId} processes {socket.Processes.Count} unreadable {table.UnreadableProcesses > 0}");
    }
}
