using System.Net.Sockets;
using System.Text;
using Samehost.Interop;
using Samehost.SocketFiles;

namespace Samehost.TestPeer;

/// <summary>
/// <c>calls DIRECTORY</c>: makes plain calls there as the user that this process is, one for each line of its input, and prints the errno
/// of each: <c>connect|bind|keep|safe-bind|cd|explain|explain-bind KIND NAME [BACKLOG]</c>, the name as hexadecimal bytes of the address.
/// What <c>keep</c> binds (and listens on, with a backlog) is open until the end of the input.
/// </summary>
internal static class Calls
{
    private static readonly List<Descriptor> Kept = [];

    public static void Run(PeerArguments arguments)
    {
        Directory.SetCurrentDirectory(arguments.Path.Path!);
        Console.WriteLine("ready");
        while (Console.ReadLine() is { } line)
        {
            string[] words = line.Split(' ');
            int kind = int.Parse(words[1], null);
            byte[] name = Convert.FromHexString(words[2]);
            Console.WriteLine(Call(words[0], kind, name, words.Length > 3 ? int.Parse(words[3], null) : null));
        }
        Kept.ForEach(socket => socket.Dispose());
    }

    private static int Call(string call, int kind, byte[] name, int? backlog) => call switch
    {
        "connect" => OnSocket(kind, socket => LibcSocket.Connect(socket, Address(name))),
        "bind" => OnSocket(kind, socket => Unlinked(LibcSocket.Bind(socket, Address(name)), name)),
        "keep" => Keep(kind, name, backlog),
        "safe-bind" => OnSocket(kind, socket => Failure(() => SocketFile.Bind(socket, EndPoint(name)).Dispose())),
        "cd" => ChangeDirectory(Text(name)),
        "explain" => Verdict(UnixExplanation.ExplainConnect(Text(name), new() { SocketType = (SocketType)kind })),
        "explain-bind" => Verdict(UnixExplanation.ExplainBind(Text(name), new() { SocketType = (SocketType)kind })),
        _ => throw new ArgumentException(call),
    };

    private static int OnSocket(int kind, Func<Descriptor, int> call)
    {
        int result = LibcSocket.Socket(kind, out Descriptor? socket);
        if (socket is null)
            return -result;
        using (socket)
            return Math.Max(0, -call(socket));
    }

    private static int Keep(int kind, byte[] name, int? backlog)
    {
        _ = LibcSocket.Socket(kind, out Descriptor? socket);
        Kept.Add(socket!);
        int result = LibcSocket.Bind(socket!, Address(name));
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

    // As the kernel would report it: only so can a path be relative.
    private static UnixEndPoint EndPoint(byte[] name) => UnixEndPoint.FromSockAddr(Address(name));

    private static string Text(ReadOnlySpan<byte> name) =>
        name is [0, ..] ? "@" + Encoding.UTF8.GetString(name[1..]) : Encoding.UTF8.GetString(name.TrimEnd((byte)0));

    private static byte[] Address(byte[] name) => [1, 0, .. name];
}
