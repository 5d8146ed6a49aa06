using System.Diagnostics;
using Samehost.EventLoops;
using Samehost.Tests.Sockets;
using Samehost.Tests.Support;
using Xunit;

namespace Samehost.Tests.EventLoops;

/// <summary>Continuations run on the loop's thread, and yet none of them holds up another socket.</summary>
[Collection(NonParallel.Name)]
public sealed class BlockedContinuationTests : CountingSocketTest
{
    [Fact(Timeout = Limit)]
    public async Task A_continuation_runs_on_the_loops_thread()
    {
        var (near, far) = UnixStream.CreatePair();
        await using var one = near;
        await using var other = far;
        var where = new TaskCompletionSource<bool>(TaskCreationOptions.RunContinuationsAsynchronously);
        var reading = Task.Run(
            async () =>
            {
                await near.ReadExactlyAsync(new byte[1], Token);
                where.SetResult(EventLoop.IsCurrentThread);
            },
            Token);
        await WaitsAsync(near);

        far.WriteByte(1);

        Assert.True(await where.Task);
        await reading;
    }

    [Fact(Timeout = 180_000)]
    public async Task With_200_continuations_blocked_the_next_client_is_answered_within_a_second()
    {
        const int Blocked = 200;
        await using var listener = UnixListener.Listen(At("s"));
        var clients = new List<UnixStream>();
        var servers = new List<UnixStream>();
        using var release = new ManualResetEventSlim();
        using var held = new CountdownEvent(Blocked);

        async Task ServeAsync(UnixStream stream)
        {
            var request = new byte[1];
            await stream.ReadExactlyAsync(request, Token);
            if (request[0] == 'b')
            {
                held.Signal();
                release.Wait();
            }

            await stream.WriteAsync(request, Token);
        }

        for (var i = 0; i < Blocked; i++)
        {
            var (client, server) = await ConnectAsync(listener);
            clients.Add(client);
            servers.Add(server);
        }

        Task[] handlers = [.. servers.Select(server => Task.Run(() => ServeAsync(server), Token))];
        foreach (var server in servers)
            await WaitsAsync(server);
        var next = Task.Run(
            async () =>
            {
                await using var server = await listener.AcceptAsync(Token);
                await ServeAsync(server);
            },
            Token);
        try
        {
            foreach (var client in clients)
                client.WriteByte((byte)'b');
            Assert.True(held.Wait(TimeSpan.FromSeconds(20), Token), $"{held.CurrentCount} were not reached");

            var start = Stopwatch.GetTimestamp();
            using var last = UnixStream.Connect(At("s"));
            last.ReadTimeout = 10_000;
            last.WriteByte((byte)'q');
            Assert.Equal('q', last.ReadByte());
            Assert.InRange(Stopwatch.GetElapsedTime(start), TimeSpan.Zero, TimeSpan.FromSeconds(1));
        }
        finally
        {
            release.Set();
        }

        await Task.WhenAll([next, .. handlers]);
        foreach (var stream in clients.Concat(servers))
            await stream.DisposeAsync();
    }

    [Fact(Timeout = Limit)]
    public async Task A_continuation_may_wait_in_place_for_another_sockets_call()
    {
        var (near, far) = UnixStream.CreatePair();
        var (nextNear, nextFar) = UnixStream.CreatePair();
        var streams = new[] { near, far, nextNear, nextFar };
        var chained = Task.Run(
            async () =>
            {
                await near.ReadExactlyAsync(new byte[1], Token);
                var asTask = nextNear.ReadAsync(new byte[1], Token).AsTask().GetAwaiter().GetResult();
#pragma warning disable CA2012 // not every ValueTask can be waited for in place; ours can
                var inPlace = nextNear.ReadAsync(new byte[1], Token).GetAwaiter().GetResult();
#pragma warning restore CA2012
                return asTask + inPlace;
            },
            Token);
        await WaitsAsync(near);

        far.WriteByte(1);
        await WaitsAsync(nextNear);
        nextFar.WriteByte(2);
        await WaitsAsync(nextNear);
        nextFar.WriteByte(3);

        Assert.Equal(2, await chained);
        foreach (var stream in streams)
            await stream.DisposeAsync();
    }

    [Fact(Timeout = Limit)]
    public async Task Continuations_that_compute_leave_the_loop_and_other_sockets_stay_quick()
    {
        var (busyNear, busyFar) = UnixStream.CreatePair();
        var (quickNear, quickFar) = UnixStream.CreatePair();
        var onLoop = 0;
        var offLoop = 0;
        var computing = Task.Run(
            async () =>
            {
                while (await busyNear.ReadAsync(new byte[1], Token) != 0)
                {
                    var start = Stopwatch.GetTimestamp();
                    while (Stopwatch.GetElapsedTime(start) < TimeSpan.FromMilliseconds(2))
                        Thread.SpinWait(100);
                    // A thread that was the leader when it began, and was replaced since, blocks no other connection either.
                    _ = EventLoop.IsLeading ? onLoop++ : offLoop++;
                    await busyNear.WriteAsync(new byte[1], Token);
                }
            },
            Token);
        var quick = Task.Run(
            async () =>
            {
                var bytes = new byte[1];
                while (await quickNear.ReadAsync(bytes, Token) != 0)
                    await quickNear.WriteAsync(bytes, Token);
            },
            Token);
        quickFar.ReadTimeout = busyFar.ReadTimeout = 10_000;

        var asking = Task.Run(
            () =>
            {
                for (var i = 0; i < 100; i++)
                {
                    busyFar.WriteByte(1);
                    busyFar.ReadByte();
                }
            },
            Token);
        var answers = new List<TimeSpan>();
        while (!asking.IsCompleted)
        {
            var start = Stopwatch.GetTimestamp();
            quickFar.WriteByte(1);
            Assert.Equal(1, quickFar.ReadByte());
            answers.Add(Stopwatch.GetElapsedTime(start));
        }

        await asking;
        busyFar.ShutdownWrite();
        quickFar.ShutdownWrite();
        await Task.WhenAll(computing, quick);
        Assert.InRange(offLoop, 50, 100);
        answers.Sort();
        Assert.InRange(answers[answers.Count / 2], TimeSpan.Zero, TimeSpan.FromMilliseconds(100)); // the machine may be busy too
        foreach (var stream in new[] { busyNear, busyFar, quickNear, quickFar })
            await stream.DisposeAsync();
    }

    [Fact(Timeout = Limit)]
    public async Task A_connection_that_always_has_something_to_read_does_not_starve_a_quiet_one()
    {
        var (floodNear, floodFar) = UnixStream.CreatePair();
        var (quietNear, quietFar) = UnixStream.CreatePair();
        long flooded = 0;
        var stop = false;
        var flood = Task.Run(
            () =>
            {
                var bytes = new byte[65536];
                while (!Volatile.Read(ref stop))
                    floodFar.Write(bytes);
                floodFar.ShutdownWrite();
            },
            Token);
        var reading = Task.Run(
            async () =>
            {
                var little = new byte[16]; // the rest is always there: a read never has to wait
                int count;
                while ((count = await floodNear.ReadAsync(little, Token)) != 0)
                    Volatile.Write(ref flooded, flooded + count);
            },
            Token);
        var answering = Task.Run(
            async () =>
            {
                var bytes = new byte[1];
                while (await quietNear.ReadAsync(bytes, Token) != 0)
                    await quietNear.WriteAsync(bytes, Token);
            },
            Token);
        await Eventually.IsTrueAsync(() => Volatile.Read(ref flooded) > 100_000, "the flood flows");

        quietFar.ReadTimeout = 10_000;
        for (var i = 0; i < 50; i++)
        {
            var before = Volatile.Read(ref flooded);
            var start = Stopwatch.GetTimestamp();
            quietFar.WriteByte(1);
            Assert.Equal(1, quietFar.ReadByte());
            Assert.InRange(Stopwatch.GetElapsedTime(start), TimeSpan.Zero, TimeSpan.FromSeconds(1));
            await Eventually.IsTrueAsync(() => Volatile.Read(ref flooded) != before, "the flood goes on");
        }

        Volatile.Write(ref stop, true);
        quietFar.ShutdownWrite();
        await Task.WhenAll(flood, reading, answering);
        foreach (var stream in new[] { floodNear, floodFar, quietNear, quietFar })
            await stream.DisposeAsync();
    }
}
