using System.Text;

namespace Samehost.TestPeer;

/// <summary>
/// <c>connect-storm PATH [--threads N]</c>: each thread connects, sends a line, waits for it to come back, sees the end and closes, over
/// and over until the end of its input. Then it says how many were <c>answered</c> and <c>failed</c>, and how the first failure came.
/// </summary>
internal static class ConnectStorm
{
    public static void Run(PeerArguments arguments)
    {
        bool over = false;
        int answered = 0;
        int failed = 0;
        string? first = null;
        using var going = new CountdownEvent(arguments.Number("--threads", 3));
        var threads = Enumerable.Range(0, going.InitialCount).Select(_ => new Thread(() =>
        {
            bool told = false;
            while (!Volatile.Read(ref over))
            {
                try
                {
                    Ask(arguments.Path, Interlocked.Increment(ref answered));
                }
                catch (Exception e) when (e is UnixSocketException or IOException)
                {
                    Interlocked.Decrement(ref answered);
                    Interlocked.Increment(ref failed);
                    Interlocked.CompareExchange(ref first, e.Message.ReplaceLineEndings(" "), null);
                }
                if (!told)
                    going.Signal();
                told = true;
            }
        })).ToArray();
        foreach (var thread in threads)
            thread.Start();
        going.Wait();
        Console.WriteLine("ready");
        while (Console.ReadLine() is not null)
        {
        }
        Volatile.Write(ref over, true);
        foreach (var thread in threads)
            thread.Join();
        Console.WriteLine($"answered {answered}");
        Console.WriteLine($"failed {failed} {first}".TrimEnd());
    }

    private static void Ask(UnixEndPoint path, int number)
    {
        using var stream = UnixStream.Connect(path);
        byte[] question = Encoding.ASCII.GetBytes($"{number}\n");
        stream.Write(question);
        byte[] answer = new byte[question.Length + 1];
        int count = stream.ReadAtLeast(answer, answer.Length, throwOnEndOfStream: false);
        if (!answer.AsSpan(0, count).SequenceEqual(question))
            throw new IOException($"Answered with {count} bytes of {question.Length}.");
    }
}
