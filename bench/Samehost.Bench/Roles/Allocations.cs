using Samehost.Bench.Measuring;

namespace Samehost.Bench.Roles;

/// <summary>
/// Operations on a pair of connected sockets in this process: what one leaves for the collector. Where an operation waits, two tasks
/// ask and answer by turns, so that each read finds nothing and has to wait.
/// </summary>
internal static class Allocations
{
    private const int Warmup = 20_000;
    private const int Counted = 20_000;
    private const int Length = 64;

    private static readonly Dictionary<string, Func<Func<int, bool>, Task>> All = new()
    {
        ["stream: Write, Read"] = PairAllocations.StreamBlocking,
        ["stream: WriteAsync, ReadAsync with data there"] = PairAllocations.StreamReady,
        ["stream: WriteAsync, ReadAsync that waits"] = PairAllocations.StreamWaiting,
        ["stream: SendAsync, ReceiveAsync that waits"] = PairAllocations.StreamMessages,
        ["frames: WriteAsync and FlushAsync, ReadAsync that waits"] = PairAllocations.Frames,
        ["datagrams: Send, Receive"] = PairAllocations.DatagramsBlocking,
        ["datagrams: SendAsync, ReceiveAsync that waits"] = PairAllocations.DatagramsWaiting,
        ["datagrams: SendBatchAsync, ReceiveBatchAsync (a batch of 64)"] = PairAllocations.Batches,
        ["seqpacket: Send, Receive"] = PairAllocations.SeqpacketBlocking,
        ["seqpacket: SendAsync, ReceiveAsync that waits"] = PairAllocations.SeqpacketWaiting,
    };

    public static IEnumerable<string> Names => All.Keys;

    public static byte[] NewMessage() => new byte[Length];

    public static Task Run(string[] arguments)
    {
        long before = 0;
        return All[arguments[0]](done =>
        {
            if (done == Warmup)
                before = GC.GetTotalAllocatedBytes(precise: true);
            if (done < Warmup + Counted)
                return true;
            long allocated = GC.GetTotalAllocatedBytes(precise: true) - before;
            Console.WriteLine($"{ResultLine.Start}operations={Counted} allocated={allocated}");
            return false;
        });
    }
}
