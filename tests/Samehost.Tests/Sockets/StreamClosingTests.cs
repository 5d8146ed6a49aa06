using System.Runtime.CompilerServices;
using Samehost.Tests.Support;
using Xunit;

namespace Samehost.Tests.Sockets;

[Collection(NonParallel.Name)]
public sealed class StreamClosingTests : CountingSocketTest
{
    private static readonly TimeSpan Promptly = TimeSpan.FromSeconds(5);

    [Fact(Timeout = Limit)]
    public async Task Asynchronous_calls_that_wait_end_when_their_stream_is_closed()
    {
        var (near, far) = UnixStream.CreatePair();
        await using var other = far;
        var reads = new[] { near.ReadAsync(new byte[1], Token).AsTask(), near.ReadAsync(Memory<byte>.Empty, Token).AsTask() };
        var write = near.WriteAsync(new byte[2_000_000], Token).AsTask();
        var behind = near.WriteAsync(new byte[1], Token).AsTask();
        Assert.False(reads[0].IsCompleted || reads[1].IsCompleted || write.IsCompleted || behind.IsCompleted);

        await near.DisposeAsync();

        foreach (var call in new[] { reads[0], reads[1], write, behind })
            await Assert.ThrowsAsync<ObjectDisposedException>(() => call.WaitAsync(Promptly, Token));
    }

    [Fact(Timeout = Limit)]
    public async Task Blocking_calls_that_wait_end_when_their_stream_is_closed()
    {
        for (var round = 0; round < 60; round++)
        {
            var (near, far) = UnixStream.CreatePair();
            await using var other = far;
            using var started = new CountdownEvent(2);
            var read = Task.Run(() => Started(started, () => _ = near.Read(new byte[1])), Token);
            var write = Task.Run(() => Started(started, () => near.Write(new byte[2_000_000])), Token);
            started.Wait(Token);
            Spin(round * 20); // before they sleep, while they poll, and after

            await near.DisposeAsync();

            await Assert.ThrowsAsync<ObjectDisposedException>(() => read.WaitAsync(Promptly, Token));
            await Assert.ThrowsAsync<ObjectDisposedException>(() => write.WaitAsync(Promptly, Token));
        }
    }

    [Theory(Timeout = Limit), InlineData(true), InlineData(false)]
    public async Task A_waiting_accept_ends_when_its_listener_is_closed(bool blocking)
    {
        var listener = UnixListener.Listen(At("s"));
        using var started = new CountdownEvent(1);
        var accept = blocking
            ? Task.Run(() => Started(started, () => listener.Accept()), Token)
            : listener.AcceptAsync(Token).AsTask();
        if (blocking)
            started.Wait(Token);

        await listener.DisposeAsync();

        await Assert.ThrowsAsync<ObjectDisposedException>(() => accept.WaitAsync(Promptly, Token));
        Assert.Empty(Temp.Names);
    }

    [Fact(Timeout = Limit)]
    public async Task Closing_twice_and_from_several_threads_is_closing_once()
    {
        for (var round = 0; round < 200; round++)
        {
            var (near, far) = UnixStream.CreatePair();
            var read = near.ReadAsync(new byte[1], Token).AsTask();
            var listener = UnixListener.Listen(AbstractName(), ForUs);
            await Task.WhenAll(Enumerable.Range(0, 3).Select(_ => Task.Run(
                () =>
                {
                    near.Dispose();
                    listener.Dispose();
                    far.Dispose();
                },
                Token)));
            await Assert.ThrowsAsync<ObjectDisposedException>(() => read);
        }
    }

    [Fact(Timeout = Limit)]
    public async Task Every_call_on_a_closed_stream_is_an_ObjectDisposedException()
    {
        var (near, far) = UnixStream.CreatePair();
        await far.DisposeAsync();
        await near.DisposeAsync();

        Assert.Throws<ObjectDisposedException>(() => near.Read(new byte[1]));
        Assert.Throws<ObjectDisposedException>(() => near.Read(Span<byte>.Empty));
        Assert.Throws<ObjectDisposedException>(() => near.WriteByte(1));
        Assert.Throws<ObjectDisposedException>(() => near.Write([new byte[1]]));
        await Assert.ThrowsAsync<ObjectDisposedException>(() => near.ReadAsync(new byte[1], Token).AsTask());
        await Assert.ThrowsAsync<ObjectDisposedException>(async () => await near.WriteAsync(new byte[1], Token));
        Assert.Throws<ObjectDisposedException>(near.ShutdownWrite);
        Assert.Throws<ObjectDisposedException>(() => near.LocalEndPoint);
        Assert.Throws<ObjectDisposedException>(() => near.RemoteEndPoint);
        Assert.Throws<ObjectDisposedException>(near.ToSocket);
    }

    [Fact(Timeout = Limit)]
    public async Task Every_call_on_a_closed_listener_is_an_ObjectDisposedException()
    {
        var listener = UnixListener.Listen(At("s"));
        await listener.DisposeAsync();

        Assert.Throws<ObjectDisposedException>(listener.Accept);
        await Assert.ThrowsAsync<ObjectDisposedException>(async () => await listener.AcceptAsync(Token));
        Assert.Throws<ObjectDisposedException>(() => listener.LocalEndPoint);
    }

    [Theory(Timeout = Limit), InlineData(true), InlineData(false)]
    public async Task A_forgotten_stream_is_closed_by_its_finalizer(bool waited)
    {
        await using var kept = Forget(waited);

        await ClosedByFinalizerAsync(kept);
    }

    [Fact(Timeout = Limit)]
    public async Task A_stream_that_only_a_pending_read_refers_to_lives_on()
    {
        await using var kept = ReadAndForget(out var read);
        GC.Collect();
        GC.WaitForPendingFinalizers();

        kept.WriteByte(1);

        Assert.Equal(1, await read);
        await ClosedByFinalizerAsync(kept);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static UnixStream Forget(bool waited)
    {
        var (forgotten, kept) = UnixStream.CreatePair();
        if (waited)
        {
            // Now the event loop knows it.
            using var canceled = new CancellationTokenSource();
            var read = forgotten.ReadAsync(new byte[1], canceled.Token).AsTask();
            canceled.Cancel();
            Assert.ThrowsAny<OperationCanceledException>(() => read.GetAwaiter().GetResult());
        }

        return kept;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static UnixStream ReadAndForget(out Task<int> read)
    {
        var (forgotten, kept) = UnixStream.CreatePair();
        read = forgotten.ReadAsync(new byte[1], Token).AsTask();
        return kept;
    }

    private static async Task ClosedByFinalizerAsync(UnixStream kept)
    {
        var end = kept.ReadAsync(new byte[1], Token).AsTask();
        await Eventually.IsTrueAsync(
            () =>
            {
                GC.Collect();
                GC.WaitForPendingFinalizers();
                return end.IsCompleted;
            },
            "the forgotten end is closed");

        Assert.Equal(0, await end);
    }

    private static void Started(CountdownEvent started, Action call)
    {
        started.Signal();
        call();
    }

    private static void Spin(int microseconds)
    {
        var start = System.Diagnostics.Stopwatch.GetTimestamp();
        while (System.Diagnostics.Stopwatch.GetElapsedTime(start) < TimeSpan.FromMicroseconds(microseconds))
            Thread.SpinWait(10);
    }
}
