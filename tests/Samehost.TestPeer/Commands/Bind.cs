using System.Diagnostics;
using System.Globalization;
using Samehost.Interop;
using Samehost.SocketFiles;

namespace Samehost.TestPeer;

/// <summary>A listening socket that was bound with <see cref="SocketFile"/>.</summary>
internal sealed class BoundSocket : IDisposable
{
    private readonly Descriptor _socket;
    private readonly SocketFile _file;

    public BoundSocket(PeerArguments arguments)
    {
        var result = LibcSocket.Socket(LibcSocket.SOCK_STREAM, out var socket);
        _socket = socket ?? throw new UnixSocketException((Errno)(-result), "socket");
        try
        {
            _file = SocketFile.Bind(_socket, arguments.Path, arguments.SocketFile());
        }
        catch
        {
            _socket.Dispose();
            throw;
        }
        result = LibcSocket.Listen(_socket, 16);
        if (result < 0)
            throw new UnixSocketException((Errno)(-result), "listen");
    }

    /// <summary>Closes the socket and leaves its file, as a killed process does.</summary>
    public void Abandon()
    {
        _file.Forget();
        _socket.Dispose();
    }

    public void Dispose()
    {
        _file.Dispose();
        _socket.Dispose();
    }
}

/// <summary><c>bind-and-hold PATH</c>: listens until the end of its input, then deletes the file.</summary>
internal static class BindAndHold
{
    public static void Run(PeerArguments arguments)
    {
        using var bound = new BoundSocket(arguments);
        Console.WriteLine("ready");
        while (Console.ReadLine() is not null)
        {
        }
    }
}

/// <summary>
/// <c>bind-race PATH</c>: at each line <c>race TIMESTAMP</c> tries to bind at that time and prints <c>won</c> or <c>lost ERRNO</c>; at
/// <c>abandon</c> leaves the file as a killed server does and prints <c>abandoned</c>.
/// </summary>
internal static class BindRace
{
    public static void Run(PeerArguments arguments)
    {
        BoundSocket? bound = null;
        Console.WriteLine("ready");
        while (Console.ReadLine() is { } line)
        {
            if (line == "abandon")
            {
                bound?.Abandon();
                bound = null;
                Console.WriteLine("abandoned");
                continue;
            }
            WaitUntil(long.Parse(line.AsSpan("race ".Length), CultureInfo.InvariantCulture));
            try
            {
                bound = new BoundSocket(arguments);
                Console.WriteLine("won");
            }
            catch (UnixSocketException e)
            {
                Console.WriteLine($"lost {e.Errno}");
            }
        }
        bound?.Dispose();
    }

    /// <summary>Waits for a time stamp, whose clock is the same in every process.</summary>
    private static void WaitUntil(long timestamp)
    {
        var remaining = Stopwatch.GetElapsedTime(Stopwatch.GetTimestamp(), timestamp);
        if (remaining > TimeSpan.Zero)
            Thread.Sleep(remaining);
    }
}

/// <summary><c>crash-bound PATH</c>: listens and kills itself by SIGKILL, which leaves the file.</summary>
internal static class CrashBound
{
    public static void Run(PeerArguments arguments)
    {
        using var bound = new BoundSocket(arguments);
        Console.WriteLine("ready");
        using var self = Process.GetCurrentProcess();
        self.Kill();
        self.WaitForExit();
    }
}
