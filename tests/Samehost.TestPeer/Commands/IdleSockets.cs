using System.Globalization;

namespace Samehost.TestPeer;

/// <summary>
/// <c>idle-sockets PATH --pairs N</c>: opens pairs, sends a byte through each and starts a read on every socket; then prints the processor
/// time of this process in microseconds for each line of input.
/// </summary>
internal static class IdleSockets
{
    public static void Run(PeerArguments arguments)
    {
        var pairs = int.Parse(arguments.Option("--pairs")!, CultureInfo.InvariantCulture);
        var streams = new List<UnixStream>();
        var reads = new List<Task<int>>();
        for (var i = 0; i < pairs; i++)
        {
            var (first, second) = UnixStream.CreatePair();
            streams.AddRange([first, second]);
            var arrival = first.ReadAsync(new byte[1]).AsTask();
            second.WriteByte(1);
            arrival.GetAwaiter().GetResult();
            reads.Add(first.ReadAsync(new byte[1]).AsTask());
            reads.Add(second.ReadAsync(new byte[1]).AsTask());
        }

        GC.Collect();
        Console.WriteLine("ready");
        while (Console.ReadLine() is not null)
        {
            Console.WriteLine(((long)Environment.CpuUsage.TotalTime.TotalMicroseconds).ToString(CultureInfo.InvariantCulture));
        }

        // Every read still completes.
        for (var i = 0; i < streams.Count; i++)
            streams[i ^ 1].WriteByte(2);
        Task.WhenAll(reads).GetAwaiter().GetResult();
        Console.WriteLine(reads.TrueForAll(r => r.Result == 1) ? "all received" : "some ended");
        streams.ForEach(s => s.Dispose());
    }
}
