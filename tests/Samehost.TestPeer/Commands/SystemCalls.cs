using System.Net.Sockets;
using System.Text;
using Samehost.Addresses;
using Samehost.Interop;
using Samehost.SocketFiles;

namespace Samehost.TestPeer;

/// <summary>
/// <c>calls DIRECTORY</c>: executes a call in the directory for each line of its input, as the user of this process, and prints its errno
/// and, behind a space, the words for it: <c>connect|bind|keep|hold|drop|safe-bind|replace-live|cd|run|explain|explain-quietly|
/// explain-bind KIND NAME [BACKLOG]</c>, with the address as hexadecimal bytes. A socket that <c>keep</c> binds (and listens on, with a
/// backlog), or that <c>hold</c> connects, is open until <c>drop</c> or the end of the input; <c>run</c> executes a shell command.
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
            var (errno, text) = Call(words[0], kind, name, words.Length > 3 ? int.Parse(words[3], null) : null);
            Console.WriteLine($"{errno} {text.ReplaceLineEndings(" ")}");
        }
        _ = Drop();
    }

    private static (int Errno, string Text) Call(string call, int kind, byte[] name, int? backlog)
    {
        var options = new UnixExplainOptions { SocketType = (SocketType)kind, Probe = call != "explain-quietly" };
        return call switch
        {
            "connect" => OnSocket(kind, name, "connect", socket => Connect(socket, name)),
            "bind" => OnSocket(kind, name, "bind", socket => Unlinked(LibcSocket.Bind(socket, Address(name)), name)),
            "keep" => (Keep(kind, name, backlog), ""),
            "hold" => (Hold(kind, name), ""),
            "drop" => (Drop(), ""),
            "safe-bind" => Failure(kind, socket => SocketFile.Bind(socket, EndPoint(name)).Dispose()),
            "replace-live" => Failure(kind, socket =>
            {
                using var file = SocketFile.Bind(socket, EndPoint(name), new SocketFileOptions { ReplaceLive = true });
                file.Publish();
            }),
            "cd" => (ChangeDirectory(Text(name)), ""),
            "run" => (RunShell(Text(name)), ""),
            "explain" or "explain-quietly" => Verdict(UnixExplanation.ExplainConnect(Text(name), options)),
            "explain-bind" => Verdict(UnixExplanation.ExplainBind(Text(name), options)),
            _ => throw new ArgumentException(call),
        };
    }

    /// <summary>Connects; to a path that is too long for an address as the library does.</summary>
    private static int Connect(Descriptor socket, byte[] name)
    {
        if (name is [0, ..] || name.Length <= UnixEndPoint.MaxNameLength + 1)
            return LibcSocket.Connect(socket, Address(name));
        using var address = new CallAddress(UnixEndPoint.FromPath(name.AsSpan().TrimEnd((byte)0)), new byte[LibcSocket.SockAddrSize]);
        return address.Connect(socket);
    }

    private static (int Errno, string Text) OnSocket(int kind, byte[] name, string operation, Func<Descriptor, int> call)
    {
        var result = LibcSocket.Socket(kind, out var socket);
        if (socket is null)
            return (-result, "");
        using (socket)
            result = call(socket);
        return result >= 0 ? (0, "") : (-result, new UnixSocketException((Errno)(-result), operation, EndPoint(name)).Hint ?? "");
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

    private static int Hold(int kind, byte[] name)
    {
        _ = LibcSocket.Socket(kind, out var socket);
        Kept.Add(socket!);
        return Math.Max(0, -LibcSocket.Connect(socket!, Address(name)));
    }

    private static int Drop()
    {
        Kept.ForEach(socket => socket.Dispose());
        Kept.Clear();
        return 0;
    }

    private static int Unlinked(int result, byte[] name)
    {
        if (result >= 0)
            _ = LibcFile.Unlink(name.AsSpan().TrimEnd((byte)0));
        return result;
    }

    private static (int Errno, string Text) Failure(int kind, Action<Descriptor> action)
    {
        var result = LibcSocket.Socket(kind, out var socket);
        if (socket is null)
            return (-result, "");
        try
        {
            using (socket)
                action(socket);
            return (0, "");
        }
        catch (UnixSocketException failure)
        {
            return (failure.ErrorCode, failure.Hint ?? "");
        }
    }

    private static (int Errno, string Text) Verdict(UnixExplanation explanation)
    {
        var verdict = explanation.Verdict;
        var processes = string.Concat((explanation.Socket?.Processes ?? []).Select(p => $" process {p.ProcessId}"));
        return (verdict.Outcome == UnixOutcome.Unknown ? -1 : (int)verdict.Errno,
            $"{verdict.Reason} {verdict.Remedy} {string.Join(' ', explanation.Notes)}{processes}");
    }

    private static int ChangeDirectory(string path)
    {
        Directory.SetCurrentDirectory(path);
        return 0;
    }

    private static int RunShell(string command)
    {
        using var shell = System.Diagnostics.Process.Start("/bin/sh", ["-c", command]);
        shell.WaitForExit();
        return shell.ExitCode;
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
