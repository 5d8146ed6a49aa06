using System.Text;

namespace Samehost.TestPeer;

/// <summary><c>connect PATH</c>: connects a stream and keeps it open until the end of its input.</summary>
internal static class Connect
{
    public static void Run(PeerArguments arguments)
    {
        using var stream = UnixStream.Connect(arguments.Path);
        Console.WriteLine("ready");
        while (Console.ReadLine() is not null)
        {
        }
    }
}

/// <summary><c>hold-connections PATH --count N</c>: opens N connections and keeps them idle until the end of its input.</summary>
internal static class HoldConnections
{
    public static void Run(PeerArguments arguments)
    {
        var connections = new UnixStream[arguments.Number("--count", 1)];
        for (var i = 0; i < connections.Length; i++)
            connections[i] = UnixStream.Connect(arguments.Path);
        Console.WriteLine("ready");
        while (Console.ReadLine() is not null)
        {
        }
        foreach (var connection in connections)
            connection.Dispose();
    }
}

/// <summary>
/// <c>send-lines PATH</c>: connects, sends each line of its input and prints the response, or <c>closed</c>. <c>half TEXT</c> sends the
/// text without a newline and does not wait.
/// </summary>
internal static class SendLines
{
    public static void Run(PeerArguments arguments)
    {
        using var stream = UnixStream.Connect(arguments.Path);
        using var reader = new StreamReader(stream, Encoding.ASCII);
        Console.WriteLine("ready");
        while (Console.ReadLine() is { } line)
        {
            if (line.StartsWith("half ", StringComparison.Ordinal))
            {
                stream.Write(Encoding.ASCII.GetBytes(line["half ".Length..]));
                Console.WriteLine("sent");
                continue;
            }
            try
            {
                stream.Write(Encoding.ASCII.GetBytes(line + '\n'));
                Console.WriteLine(reader.ReadLine() ?? "closed");
            }
            catch (IOException)
            {
                Console.WriteLine("closed");
            }
        }
    }
}

/// <summary>
/// <c>connect-storm PATH [--threads N]</c>: each thread repeatedly connects, sends a line, receives it back and the end of the stream, and
/// closes, until the end of its input. Then it prints the numbers of <c>answered</c> and <c>failed</c> requests, and the first failure.
/// </summary>
internal static class ConnectStorm
{
    public static void Run(PeerArguments arguments)
    {
        var stopping = false;
        var answered = 0;
        var failed = 0;
        string? firstFailure = null;
        using var started = new CountdownEvent(arguments.Number("--threads", 3));
        var threads = Enumerable.Range(0, started.InitialCount).Select(_ => new Thread(() =>
        {
            var signaled = false;
            while (!Volatile.Read(ref stopping))
            {
                try
                {
                    Request(arguments.Path, Interlocked.Increment(ref answered));
                }
                catch (Exception e) when (e is UnixSocketException or IOException)
                {
                    Interlocked.Decrement(ref answered);
                    Interlocked.Increment(ref failed);
                    Interlocked.CompareExchange(ref firstFailure, e.Message.ReplaceLineEndings(" "), null);
                }
                if (!signaled)
                    started.Signal();
                signaled = true;
            }
        })).ToArray();
        foreach (var thread in threads)
            thread.Start();
        started.Wait();
        Console.WriteLine("ready");
        while (Console.ReadLine() is not null)
        {
        }
        Volatile.Write(ref stopping, true);
        foreach (var thread in threads)
            thread.Join();
        Console.WriteLine($"answered {answered}");
        Console.WriteLine($"failed {failed} {firstFailure}".TrimEnd());
    }

    private static void Request(UnixEndPoint path, int number)
    {
        using var stream = UnixStream.Connect(path);
        var request = Encoding.ASCII.GetBytes($"{number}\n");
        stream.Write(request);
        var response = new byte[request.Length + 1];
        var count = stream.ReadAtLeast(response, response.Length, throwOnEndOfStream: false);
        if (!response.AsSpan(0, count).SequenceEqual(request))
            throw new IOException($"The response has {count} bytes of {request.Length}.");
    }
}
