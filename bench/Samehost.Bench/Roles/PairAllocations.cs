namespace Samehost.Bench.Roles;

/// <summary>The operations whose allocations are counted. Each asks before every turn whether to go on.</summary>
internal static class PairAllocations
{
    public static Task StreamBlocking(Func<int, bool> goesOn)
    {
        (UnixStream one, UnixStream other) = UnixStream.CreatePair();
        byte[] message = Allocations.NewMessage();
        for (int done = 0; goesOn(done); done++)
        {
            one.Write(message);
            other.ReadExactly(message);
        }

        return Task.CompletedTask;
    }

    public static async Task StreamReady(Func<int, bool> goesOn)
    {
        (UnixStream one, UnixStream other) = UnixStream.CreatePair();
        byte[] message = Allocations.NewMessage();
        for (int done = 0; goesOn(done); done++)
        {
            await one.WriteAsync(message);
            if (await other.ReadAsync(message) == 0)
                throw new EndOfStreamException();
        }
    }

    public static Task StreamWaiting(Func<int, bool> goesOn)
    {
        (UnixStream one, UnixStream other) = UnixStream.CreatePair();
        return ByTurns(goesOn, m => one.WriteAsync(m), m => one.ReadAsync(m), m => other.ReadAsync(m), m => other.WriteAsync(m));
    }

    public static Task StreamMessages(Func<int, bool> goesOn)
    {
        (UnixStream one, UnixStream other) = UnixStream.CreatePair();
        one.AcceptDescriptors = other.AcceptDescriptors = true;
        return ByTurns(
            goesOn, m => one.SendAsync(m, []), m => one.ReceiveAsync(m), m => other.ReceiveAsync(m), m => other.SendAsync(m, []));
    }

    public static async Task Frames(Func<int, bool> goesOn)
    {
        (UnixStream one, UnixStream other) = UnixStream.CreatePair();
        using var writer = new FrameWriter(one);
        using var reader = new FrameReader(one);
        _ = Answer(new FrameReader(other), new FrameWriter(other));
        byte[] message = Allocations.NewMessage();
        for (int done = 0; goesOn(done); done++)
        {
            await writer.WriteAsync(message);
            await writer.FlushAsync();
            await reader.ReadAsync();
        }
    }

    public static Task DatagramsBlocking(Func<int, bool> goesOn)
    {
        (UnixDatagram one, UnixDatagram other) = UnixDatagram.CreatePair();
        byte[] message = Allocations.NewMessage();
        for (int done = 0; goesOn(done); done++)
        {
            one.Send(message);
            other.Receive(message);
        }

        return Task.CompletedTask;
    }

    public static Task DatagramsWaiting(Func<int, bool> goesOn)
    {
        (UnixDatagram one, UnixDatagram other) = UnixDatagram.CreatePair();
        return ByTurns(goesOn, m => one.SendAsync(m), m => one.ReceiveAsync(m), m => other.ReceiveAsync(m), m => other.SendAsync(m));
    }

    public static async Task Batches(Func<int, bool> goesOn)
    {
        (UnixDatagram one, UnixDatagram other) = UnixDatagram.CreatePair();
        var sent = new UnixDatagramBatch(64, 64);
        var received = new UnixDatagramBatch(64, 64);
        while (sent.TryAdd(Allocations.NewMessage()))
        {
        }

        for (int done = 0; goesOn(done); done++)
        {
            Task sending = one.SendBatchAsync(sent).AsTask();
            for (int have = 0; have < sent.Count; have += received.Count)
                await other.ReceiveBatchAsync(received);
            await sending;
        }
    }

    public static Task SeqpacketBlocking(Func<int, bool> goesOn)
    {
        (UnixSeqpacket one, UnixSeqpacket other) = UnixSeqpacket.CreatePair();
        byte[] message = Allocations.NewMessage();
        for (int done = 0; goesOn(done); done++)
        {
            one.Send(message);
            other.Receive(message);
        }

        return Task.CompletedTask;
    }

    public static Task SeqpacketWaiting(Func<int, bool> goesOn)
    {
        (UnixSeqpacket one, UnixSeqpacket other) = UnixSeqpacket.CreatePair();
        return ByTurns(goesOn, m => one.SendAsync(m), m => one.ReceiveAsync(m), m => other.ReceiveAsync(m), m => other.SendAsync(m));
    }

    private static async Task Answer(FrameReader reader, FrameWriter writer)
    {
        while (await reader.ReadAsync() is { IsEnd: false } frame)
        {
            await writer.WriteAsync(frame.Payload);
            await writer.FlushAsync();
        }
    }

    private static async Task ByTurns<TOne, TOther>(
        Func<int, bool> goesOn,
        Func<byte[], ValueTask> ask,
        Func<byte[], ValueTask<TOne>> awaitAnswer,
        Func<byte[], ValueTask<TOther>> awaitQuestion,
        Func<byte[], ValueTask> answer)
    {
        _ = AnswerAll();
        byte[] message = Allocations.NewMessage();
        for (int done = 0; goesOn(done); done++)
        {
            await ask(message);
            await awaitAnswer(message);
        }

        async Task AnswerAll()
        {
            byte[] question = Allocations.NewMessage();
            while (true)
            {
                await awaitQuestion(question);
                await answer(question);
            }
        }
    }
}
