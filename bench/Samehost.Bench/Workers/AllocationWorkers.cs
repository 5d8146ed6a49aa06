using Samehost.Bench.Measuring;
using Samehost.Framing;

namespace Samehost.Bench.Workers;

/// <summary>
/// Measures the managed bytes that an operation on a pair of connected sockets allocates. Where an operation waits, two tasks send and
/// respond alternately, so that each receive has to wait.
/// </summary>
internal static class AllocationWorkers
{
    private const int Warmup = 20_000;
    private const int Counted = 20_000;
    private const int Length = 64;

    private static readonly Dictionary<string, Func<Func<int, bool>, Task>> All = new()
    {
        ["stream: Write, Read"] = StreamBlocking,
        ["stream: WriteAsync, ReadAsync with data there"] = StreamReady,
        ["stream: WriteAsync, ReadAsync that waits"] = StreamWaiting,
        ["stream: SendAsync, ReceiveAsync that waits"] = StreamMessages,
        ["frames: WriteAsync and FlushAsync, ReadAsync that waits"] = Frames,
        ["datagrams: Send, Receive"] = DatagramsBlocking,
        ["datagrams: SendAsync, ReceiveAsync that waits"] = DatagramsWaiting,
        ["datagrams: SendBatchAsync, ReceiveBatchAsync (a batch of 64)"] = Batches,
        ["seqpacket: Send, Receive"] = SeqpacketBlocking,
        ["seqpacket: SendAsync, ReceiveAsync that waits"] = SeqpacketWaiting,
    };

    public static IEnumerable<string> Names => All.Keys;

    public static Task Run(string[] arguments)
    {
        long before = 0;
        return All[arguments[0]](done =>
        {
            if (done == Warmup)
                before = GC.GetTotalAllocatedBytes(precise: true);
            if (done < Warmup + Counted)
                return true;
            var allocated = GC.GetTotalAllocatedBytes(precise: true) - before;
            Console.WriteLine($"{ResultLine.Start}operations={Counted} allocated={allocated}");
            return false;
        });
    }

    private static Task StreamBlocking(Func<int, bool> shouldContinue)
    {
        var (one, other) = UnixStream.CreatePair();
        var message = new byte[Length];
        for (var done = 0; shouldContinue(done); done++)
        {
            one.Write(message);
            other.ReadExactly(message);
        }

        return Task.CompletedTask;
    }

    private static async Task StreamReady(Func<int, bool> shouldContinue)
    {
        var (one, other) = UnixStream.CreatePair();
        var message = new byte[Length];
        for (var done = 0; shouldContinue(done); done++)
        {
            await one.WriteAsync(message);
            if (await other.ReadAsync(message) == 0)
                throw new EndOfStreamException();
        }
    }

    private static Task StreamWaiting(Func<int, bool> shouldContinue)
    {
        var (one, other) = UnixStream.CreatePair();
        return Alternate(shouldContinue, m => one.WriteAsync(m), m => one.ReadAsync(m), m => other.ReadAsync(m), m => other.WriteAsync(m));
    }

    private static Task StreamMessages(Func<int, bool> shouldContinue)
    {
        var (one, other) = UnixStream.CreatePair();
        one.AcceptDescriptors = other.AcceptDescriptors = true;
        return Alternate(
            shouldContinue, m => one.SendAsync(m, []), m => one.ReceiveAsync(m), m => other.ReceiveAsync(m), m => other.SendAsync(m, []));
    }

    private static async Task Frames(Func<int, bool> shouldContinue)
    {
        var (one, other) = UnixStream.CreatePair();
        using var writer = new FrameWriter(one);
        using var reader = new FrameReader(one);
        _ = Respond(new FrameReader(other), new FrameWriter(other));
        var message = new byte[Length];
        for (var done = 0; shouldContinue(done); done++)
        {
            await writer.WriteAsync(message);
            await writer.FlushAsync();
            await reader.ReadAsync();
        }
    }

    private static Task DatagramsBlocking(Func<int, bool> shouldContinue)
    {
        var (one, other) = UnixDatagram.CreatePair();
        var message = new byte[Length];
        for (var done = 0; shouldContinue(done); done++)
        {
            one.Send(message);
            other.Receive(message);
        }

        return Task.CompletedTask;
    }

    private static Task DatagramsWaiting(Func<int, bool> shouldContinue)
    {
        var (one, other) = UnixDatagram.CreatePair();
        return Alternate(
            shouldContinue, m => one.SendAsync(m), m => one.ReceiveAsync(m), m => other.ReceiveAsync(m), m => other.SendAsync(m));
    }

    private static async Task Batches(Func<int, bool> shouldContinue)
    {
        var (one, other) = UnixDatagram.CreatePair();
        var sent = new UnixDatagramBatch(64, 64);
        var received = new UnixDatagramBatch(64, 64);
        while (sent.TryAdd(new byte[Length]))
        {
        }

        for (var done = 0; shouldContinue(done); done++)
        {
            var sending = one.SendBatchAsync(sent).AsTask();
            for (var have = 0; have < sent.Count; have += received.Count)
                await other.ReceiveBatchAsync(received);
            await sending;
        }
    }

    private static Task SeqpacketBlocking(Func<int, bool> shouldContinue)
    {
        var (one, other) = UnixSeqpacket.CreatePair();
        var message = new byte[Length];
        for (var done = 0; shouldContinue(done); done++)
        {
            one.Send(message);
            other.Receive(message);
        }

        return Task.CompletedTask;
    }

    private static Task SeqpacketWaiting(Func<int, bool> shouldContinue)
    {
        var (one, other) = UnixSeqpacket.CreatePair();
        return Alternate(
            shouldContinue, m => one.SendAsync(m), m => one.ReceiveAsync(m), m => other.ReceiveAsync(m), m => other.SendAsync(m));
    }

    private static async Task Respond(FrameReader reader, FrameWriter writer)
    {
        while (await reader.ReadAsync() is { IsEnd: false } frame)
        {
            await writer.WriteAsync(frame.Memory);
            await writer.FlushAsync();
        }
    }

    private static async Task Alternate<TOne, TOther>(
        Func<int, bool> shouldContinue,
        Func<byte[], ValueTask> send,
        Func<byte[], ValueTask<TOne>> receiveResponse,
        Func<byte[], ValueTask<TOther>> receiveRequest,
        Func<byte[], ValueTask> respond)
    {
        _ = RespondAsync();
        var message = new byte[Length];
        for (var done = 0; shouldContinue(done); done++)
        {
            await send(message);
            await receiveResponse(message);
        }

        async Task RespondAsync()
        {
            var request = new byte[Length];
            while (true)
            {
                await receiveRequest(request);
                await respond(request);
            }
        }
    }
}

/// <summary>Measures the managed bytes that accepting a connection allocates; the clients are another process.</summary>
internal static class AcceptAllocationWorkers
{
    private const int Warmup = 5_000;
    private const int Counted = 5_000;

    private static readonly Dictionary<string, Func<UnixEndPoint, Task>> All = new()
    {
        ["listener: Accept and Dispose"] = Blocking,
        ["listener: AcceptAsync and DisposeAsync"] = Asynchronous,
        ["UnixServer: accept, policy, an empty handler"] = Server,
    };

    public static IEnumerable<string> Names => All.Keys;

    public static Task Run(string[] arguments) => All[arguments[0]](UnixEndPoint.FromPath(arguments[1]));

    private static Task Blocking(UnixEndPoint endPoint)
    {
        using var listener = UnixListener.Listen(endPoint);
        Worker.ReportReady();
        for (var count = new ConnectionCounter(); !count.IsOver();)
            listener.Accept().Dispose();
        return Task.CompletedTask;
    }

    private static async Task Asynchronous(UnixEndPoint endPoint)
    {
        using var listener = UnixListener.Listen(endPoint);
        Worker.ReportReady();
        for (var count = new ConnectionCounter(); !count.IsOver();)
            await (await listener.AcceptAsync()).DisposeAsync();
    }

    private static async Task Server(UnixEndPoint endPoint)
    {
        var over = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var count = new ConnectionCounter();
        await using var server = UnixServer.Start(endPoint, (_, _) =>
        {
            if (count.IsOver())
                over.TrySetResult();
            return Task.CompletedTask;
        });
        Worker.ReportReady();
        await over.Task;
    }

    /// <summary>Counts connections, which the clients make one after the other.</summary>
    private sealed class ConnectionCounter
    {
        private int _done;
        private long _before;

        public bool IsOver()
        {
            if (_done == Warmup)
                _before = GC.GetTotalAllocatedBytes(precise: true);
            if (_done++ != Warmup + Counted)
                return false;
            var allocated = GC.GetTotalAllocatedBytes(precise: true) - _before;
            Console.WriteLine($"{ResultLine.Start}operations={Counted} allocated={allocated}");
            return true;
        }
    }
}
