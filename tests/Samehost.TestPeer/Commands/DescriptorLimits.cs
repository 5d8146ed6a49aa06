using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using Microsoft.Win32.SafeHandles;

namespace Samehost.TestPeer;

/// <summary>
/// <c>exhaust-descriptors PATH</c>: opens sockets until the process has no descriptors left and prints how each call fails; then closes two
/// and prints <c>accepted</c> when the waiting connection is accepted.
/// </summary>
internal static class ExhaustDescriptors
{
    public static void Run(PeerArguments arguments)
    {
        using var listener = UnixListener.Listen(arguments.Path);
        WarmUp(arguments);
        listener.Accept().Dispose();
        using var waiting = UnixStream.Connect(arguments.Path);
        var open = new Stack<IDisposable>();
        var first = Failure(() =>
        {
            while (true)
                open.Push(UnixDatagram.Create());
        });
        string[] failures =
        [
            Failure(() => UnixStream.CreatePair()),
            Failure(() => UnixDatagram.CreatePair()),
            Failure(() => UnixStream.Connect(arguments.Path)),
            Failure(() => UnixListener.Listen(UnixEndPoint.Autobind, new() { PeerPolicy = PeerPolicy.Anyone })),
            Failure(() => listener.Accept()),
            Failure(() => UnixStream.FromDescriptor(waiting.SafeHandle)),
            Failure(() => waiting.ToSocket()),
        ];

        open.Pop().Dispose();
        open.Pop().Dispose();
        using var accepted = listener.Accept();
        waiting.WriteByte(1);
        Console.WriteLine(first);
        Array.ForEach(failures, Console.WriteLine);
        Console.WriteLine(accepted.ReadByte() == 1 ? "accepted" : "lost");
        while (open.TryPop(out var socket))
            socket.Dispose();
    }

    /// <summary>
    /// Runs the code once while descriptors are available, because the runtime opens files when code runs for the first time.
    /// </summary>
    private static void WarmUp(PeerArguments arguments)
    {
        Console.WriteLine("ready");
        using var first = UnixStream.Connect(arguments.Path);
        using var second = UnixStream.FromDescriptor(first.SafeHandle);
        second.ToSocket().Dispose();
        using var listener = UnixListener.Listen(UnixEndPoint.Autobind, new() { PeerPolicy = PeerPolicy.Anyone });
        _ = Failure(() => throw new UnixSocketException(Errno.EMFILE, "rehearse", arguments.Path));
        foreach (var pair in new[] { UnixDatagram.CreatePair() })
        {
            pair.First.Dispose();
            pair.Second.Dispose();
        }
    }

    private static string Failure(Action call)
    {
        try
        {
            call();
            return "worked";
        }
        catch (UnixSocketException e)
        {
            return $"{e.Errno} {e.SocketErrorCode} {e.Summary}; {(e.Hint is null ? "no hint" : "hint")}";
        }
    }
}

/// <summary>
/// <c>last-descriptors PATH</c>: prints how calls fail, and whether they leave a file, when no descriptors are available for the first
/// event loop, and when a socket uses the last one.
/// </summary>
internal static class LastDescriptors
{
    [UnconditionalSuppressMessage("Trimming", "IL2026", Justification = "A native executable has no assemblies to load.")]
    public static void Run(PeerArguments arguments)
    {
        // Loading assemblies needs descriptors, too.
        Array.ForEach(typeof(UnixStream).Assembly.GetReferencedAssemblies(), static name => System.Reflection.Assembly.Load(name));
        UnixListener.Listen(arguments.Path).Dispose();
        _ = Failure(() => throw new UnixSocketException(Errno.EMFILE, "rehearse", arguments.Path));
        var (near, far) = UnixStream.CreatePair();
        var listener = UnixListener.Listen(arguments.Path);
        byte[] failed = new byte[5], received = new byte[5];
        var all = new Stack<SafeFileHandle>();
        Failure(() =>
        {
            while (true)
                all.Push(File.OpenHandle("/dev/null"));
        });

        var read = Failure(() => near.ReadAsync(failed).AsTask().GetAwaiter().GetResult());
        var serve = Failure(() => UnixServer.Start(listener, static (_, _) => Task.CompletedTask));
        var connect = Failure(() => UnixStream.Connect(arguments.Path));
        var left = File.Exists(arguments.Path.Path) ? "left" : "removed";
        var bind = Failure(() => UnixListener.Listen(arguments.Path)); // with the descriptor that the listener had
        var made = File.Exists(arguments.Path.Path) ? "left" : "removed";
        while (all.TryPop(out var handle))
            handle.Dispose();

        Console.WriteLine($"read {read}, serve {serve}, path {left}, connect {connect}, bind {bind}, path {made}");
        far.Write("hello"u8);
        near.ReadAsync(received).AsTask().GetAwaiter().GetResult();
        Console.WriteLine($"{System.Text.Encoding.ASCII.GetString(received)} {failed[0]}");
    }

    private static string Failure(Action call)
    {
        try
        {
            call();
            return "worked";
        }
        catch (UnixSocketException e)
        {
            return e.Errno.ToString();
        }
        catch (IOException)
        {
            return "failed";
        }
    }
}

/// <summary>
/// <c>receive-short PATH --room N</c>: connects, and for each line of input receives descriptors while the process can open only N more.
/// Prints the loss, the number of descriptors received, the number of bytes, and how many more descriptors are open than before.
/// </summary>
internal static class ReceiveShort
{
    public static void Run(PeerArguments arguments)
    {
        var room = int.Parse(arguments.Option("--room")!, CultureInfo.InvariantCulture);
        using var stream = UnixStream.Connect(arguments.Path, new UnixConnectOptions { AcceptDescriptors = true });
        var filler = new Stack<IDisposable>();
        var buffer = new byte[64];
        Console.WriteLine("ready");
        while (Console.ReadLine() is not null)
        {
            var before = Open();
            Fill(filler);
            for (var i = 0; i < room; i++)
                filler.Pop().Dispose();
            using (var message = stream.Receive(buffer))
            {
                while (filler.TryPop(out var one))
                    one.Dispose();
                Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
                    $"{message.DescriptorLoss} {message.Descriptors.Count} {message.Count} {Open() - before - message.Descriptors.Count}"));
            }

            stream.WriteByte(1);
        }
    }

    private static int Open() => Directory.GetFileSystemEntries("/proc/self/fd").Length;

    private static void Fill(Stack<IDisposable> filler)
    {
        try
        {
            while (true)
                filler.Push(UnixDatagram.Create());
        }
        catch (UnixSocketException e) when (e.Errno == Errno.EMFILE)
        {
            // full
        }
    }
}

/// <summary>
/// <c>send-unread PATH --count N</c>: sends N descriptors to itself, prints <c>ready</c>, and does not receive them before the end of its
/// input. The path is not used.
/// </summary>
internal static class SendUnread
{
    private const int DescriptorsPerMessage = 250;

    public static void Run(PeerArguments arguments)
    {
        var (from, to) = UnixStream.CreatePair();
        using (from)
        using (to)
        using (var file = File.OpenHandle("/dev/null"))
        {
            to.AcceptDescriptors = true;
            for (var left = arguments.Number("--count", 1); left > 0; left -= DescriptorsPerMessage)
                from.Send([1], [.. Enumerable.Repeat(file, Math.Min(left, DescriptorsPerMessage))]);
            Console.WriteLine("ready");
            _ = Console.ReadLine();
        }
    }
}
