namespace Samehost.Stress.EventLoop;

/// <summary>A verified transfer between two sockets of this process.</summary>
internal abstract class Transfer(Random random)
{
    private const int BlockOneIn = 2000;
    private long _progress;

    public long Progress => Interlocked.Read(ref _progress);

    protected Random Random { get; } = random;

    public abstract Task RunAsync(Action<string, long> count, CancellationToken cancellationToken);

    protected void Advance() => Interlocked.Increment(ref _progress);

    /// <summary>Sometimes returns a token source that is canceled at once, soon, or concurrently with the call.</summary>
    protected CancellationTokenSource? MaybeCancel(Random random)
    {
        switch (random.Next(8))
        {
            case 0:
                return new CancellationTokenSource(random.Next(3));
            case 1:
                var source = new CancellationTokenSource();
                ThreadPool.UnsafeQueueUserWorkItem(static s =>
                {
                    try
                    {
                        s.Cancel();
                    }
                    catch (ObjectDisposedException)
                    {
                        // the call has completed
                    }
                }, source, preferLocal: false);
                return source;
            default:
                return null;
        }
    }

    /// <summary>Sometimes blocks the thread that runs the continuation.</summary>
    protected static void MaybeBlock(Random random)
    {
        if (random.Next(BlockOneIn) == 0)
            new ManualResetEventSlim().Wait(random.Next(1, 30));
    }
}

/// <summary>Transfers bytes on a stream in both directions, with reads that are canceled: nothing may be lost.</summary>
internal sealed class StreamTransfer(Random random) : Transfer(random)
{
    public override async Task RunAsync(Action<string, long> count, CancellationToken cancellationToken)
    {
        while (!cancellationToken.IsCancellationRequested)
        {
            var length = Random.Next(1, 400_000);
            var (first, second) = UnixStream.CreatePair();
            await using (first)
            await using (second)
            {
                int a = Random.Next(), b = Random.Next();
                await Task.WhenAll(
                    WriteAsync(first, length, a), ReadAsync(second, length, a, count),
                    WriteAsync(second, length, b), ReadAsync(first, length, b, count));
            }
            count("bytes verified", 2L * length);
        }
    }

    private async Task WriteAsync(UnixStream stream, int length, int seed)
    {
        var sizes = new Random(seed);
        for (var sent = 0; sent < length;)
        {
            var piece = new byte[Math.Min(sizes.Next(1, 5000), length - sent)];
            for (var i = 0; i < piece.Length; i++)
                piece[i] = At(seed, sent + i);
            await stream.WriteAsync(piece);
            sent += piece.Length;
            MaybeBlock(sizes);
            Advance();
        }
        stream.ShutdownWrite();
    }

    private async Task ReadAsync(UnixStream stream, int length, int seed, Action<string, long> count)
    {
        var sizes = new Random(~seed);
        var buffer = new byte[8192];
        var received = 0;
        while (true)
        {
            using var cancel = MaybeCancel(sizes);
            int read;
            try
            {
                read = await stream.ReadAsync(buffer.AsMemory(0, sizes.Next(1, buffer.Length)), cancel?.Token ?? default);
            }
            catch (OperationCanceledException) when (cancel is not null)
            {
                count("calls canceled", 1);
                continue;
            }
            count("calls", 1);
            Advance();
            if (read == 0)
                break;
            for (var i = 0; i < read; i++)
            {
                if (buffer[i] != At(seed, received + i))
                    throw new InvalidDataException($"Byte {received + i} of {length} is {buffer[i]}, not {At(seed, received + i)}.");
            }
            received += read;
            MaybeBlock(sizes);
        }
        if (received != length)
            throw new InvalidDataException($"{received} bytes of {length} came.");
    }

    private static byte At(int seed, int index) => (byte)(seed + index * 31 + (index >> 8) * 7);
}

/// <summary>Transfers numbered records or datagrams, with receives that are canceled: each must arrive once, in order.</summary>
internal sealed class RecordTransfer(Random random, bool seqpacket) : Transfer(random)
{
    private const int RecordsPerPair = 500;

    public override async Task RunAsync(Action<string, long> count, CancellationToken cancellationToken)
    {
        while (!cancellationToken.IsCancellationRequested)
        {
            if (seqpacket)
            {
                var (first, second) = UnixSeqpacket.CreatePair();
                using (first)
                using (second)
                {
                    await TransferAsync(
                        record => first.SendAsync(record), async (buffer, token) => (await second.ReceiveAsync(buffer, null, token)).Count);
                }
            }
            else
            {
                var (first, second) = UnixDatagram.CreatePair();
                using (first)
                using (second)
                {
                    await TransferAsync(
                        record => first.SendAsync(record), async (buffer, token) => (await second.ReceiveAsync(buffer, token)).Count);
                }
            }
            count("records verified", RecordsPerPair);
        }

        async Task TransferAsync(Func<ReadOnlyMemory<byte>, ValueTask> send, Func<Memory<byte>, CancellationToken, Task<int>> receive)
        {
            var seed = Random.Next();
            await Task.WhenAll(SendAsync(seed, send), ReceiveAsync(seed, count, receive));
        }
    }

    private async Task SendAsync(int seed, Func<ReadOnlyMemory<byte>, ValueTask> send)
    {
        var sizes = new Random(seed);
        for (var number = 0; number < RecordsPerPair; number++)
        {
            await send(Record(seed, number));
            MaybeBlock(sizes);
            Advance();
        }
    }

    private async Task ReceiveAsync(int seed, Action<string, long> count, Func<Memory<byte>, CancellationToken, Task<int>> receive)
    {
        var sizes = new Random(~seed);
        var buffer = new byte[4096];
        for (var number = 0; number < RecordsPerPair;)
        {
            using var cancel = MaybeCancel(sizes);
            try
            {
                var length = await receive(buffer, cancel?.Token ?? default);
                if (!buffer.AsSpan(0, length).SequenceEqual(Record(seed, number)))
                    throw new InvalidDataException($"Record {number} came with {length} bytes that are not its own.");
                number++;
                count("calls", 1);
                Advance();
                MaybeBlock(sizes);
            }
            catch (OperationCanceledException) when (cancel is not null)
            {
                count("calls canceled", 1);
            }
        }
    }

    private static byte[] Record(int seed, int number)
    {
        var record = new byte[4 + (uint)(seed ^ (number * 7919)) % 1000];
        BitConverter.TryWriteBytes(record, number);
        record.AsSpan(4).Fill((byte)number);
        return record;
    }
}

/// <summary>Closes sockets while calls are pending: each call must complete with a documented exception.</summary>
internal sealed class ClosingTransfer(Random random) : Transfer(random)
{
    private static readonly byte[] LargeBuffer = new byte[1 << 20];

    public override async Task RunAsync(Action<string, long> count, CancellationToken cancellationToken)
    {
        while (!cancellationToken.IsCancellationRequested)
        {
            var (first, second) = UnixStream.CreatePair();
            using var cancel = MaybeCancel(Random);
            var token = cancel?.Token ?? default;
            Task[] calls =
            [
                ExpectEndAsync(first.ReadAsync(new byte[10], token).AsTask()),
                ExpectEndAsync(second.ReadAsync(new byte[2], default).AsTask()),
                ExpectEndAsync(first.WriteAsync(LargeBuffer.AsMemory(0, Random.Next(2) == 0 ? 1 : LargeBuffer.Length), token).AsTask()),
            ];
            if (Random.Next(2) == 0)
                await Task.Yield();
            if (Random.Next(2) == 0)
                await Task.WhenAll(Task.Run(first.Dispose, CancellationToken.None), Task.Run(second.Dispose, CancellationToken.None));
            first.Dispose();
            second.Dispose();
            await Task.WhenAll(calls);
            Advance();
            count("calls pending at a close", calls.Length);
        }
    }

    private static async Task ExpectEndAsync(Task call)
    {
        try
        {
            await call;
        }
        catch (Exception e) when (e is OperationCanceledException or ObjectDisposedException or IOException)
        {
            // closed by this side or the peer, or canceled
        }
    }
}
