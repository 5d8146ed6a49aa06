using System.Globalization;
using Samehost.Tests.Sockets;
using Samehost.Tests.Support;
using Xunit;

namespace Samehost.Tests.Reactor;

/// <summary>A loop that is busy with one descriptor alone takes it out of epoll, and forgets nothing that concerns it.</summary>
[Collection(Alone.Name)]
public sealed class LoneDescriptorTests : CountingSocketTest
{
    private const int Patience = 180_000;
    private const int InARow = 2000; // looking whether it has left takes longer than the loop polls for

    [Fact(Timeout = Patience)]
    public async Task A_conversation_leaves_epoll_and_a_pause_brings_it_back()
    {
        var (near, far) = UnixStream.CreatePair();
        var echo = Task.Run(() => EchoAsync(near), Token);
        for (int round = 0; round < 3; round++)
        {
            await TalkUntilAsync(far, () => !IsInEpoll(near));
            await Eventually.IsTrueAsync(() => IsInEpoll(near), "epoll has it again");
            await Task.Run(() => Ask(far), Token); // and what comes then is noticed
        }

        far.ShutdownWrite();
        await echo;
        await DisposeAsync(near, far);
    }

    [Fact(Timeout = Patience)]
    public async Task Another_connections_message_is_answered_during_a_conversation()
    {
        var (near, far) = UnixStream.CreatePair();
        var (otherNear, otherFar) = UnixStream.CreatePair();
        Task[] echoes = [Task.Run(() => EchoAsync(near), Token), Task.Run(() => EchoAsync(otherNear), Token)];
        for (int round = 0; round < 10; round++)
        {
            await TalkUntilAsync(far, () => !IsInEpoll(near));
            using var over = new CancellationTokenSource();
            var talk = TalkUntilAsync(far, () => over.IsCancellationRequested);
            await Task.Run(() => Ask(otherFar), Token);
            await over.CancelAsync();
            await talk;
        }

        far.ShutdownWrite();
        otherFar.ShutdownWrite();
        await Task.WhenAll(echoes);
        await DisposeAsync(near, far, otherNear, otherFar);
    }

    [Fact(Timeout = Patience)]
    public async Task A_write_that_has_to_wait_is_served_although_only_reads_are_looked_for()
    {
        byte[] much = Pattern(8 << 20);
        var (near, far) = UnixStream.CreatePair();
        int heard = 0;
        var reading = Task.Run(
            async () =>
            {
                while (await near.ReadAsync(new byte[1], Token) != 0)
                    Interlocked.Increment(ref heard);
            },
            Token);
        void Say()
        {
            int before = Volatile.Read(ref heard);
            far.WriteByte(1);
            while (Volatile.Read(ref heard) == before)
                Thread.Yield();
        }

        await Task.Run(
            () =>
            {
                do
                {
                    for (int i = 0; i < InARow; i++)
                        Say();
                }
                while (IsInEpoll(near));
                var writing = near.WriteAsync(much, Token).AsTask();
                for (int i = 0; i < 1000; i++)
                    Say();
                Assert.False(writing.IsCompleted);
                byte[] got = new byte[much.Length];
                far.ReadExactly(got);
                Assert.Equal(much, got);
                Assert.True(writing.Wait(Patience, Token));
            },
            Token);
        far.ShutdownWrite();
        await reading;
        await DisposeAsync(near, far);
    }

    [Theory(Timeout = Patience)]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Closing_and_cancelling_end_a_read_that_epoll_does_not_know(bool close)
    {
        for (int round = 0; round < 20; round++)
        {
            var (near, far) = UnixStream.CreatePair();
            using var canceled = new CancellationTokenSource();
            var echo = Task.Run(() => EchoAsync(near, null, canceled.Token), Token);
            await TalkUntilAsync(far, () => !IsInEpoll(near));
            var end = close ? near.DisposeAsync().AsTask() : canceled.CancelAsync();
            _ = close
                ? await Assert.ThrowsAnyAsync<ObjectDisposedException>(() => echo)
                : (Exception)await Assert.ThrowsAnyAsync<OperationCanceledException>(() => echo);
            await end;
            await DisposeAsync(near, far);
        }
    }

    [Fact(Timeout = Patience)]
    public async Task A_handler_that_blocks_in_a_conversation_holds_nobody_up()
    {
        var (near, far) = UnixStream.CreatePair();
        var (otherNear, otherFar) = UnixStream.CreatePair();
        using var release = new ManualResetEventSlim();
        using var held = new ManualResetEventSlim();
        bool block = false;
        Task[] echoes =
        [
            Task.Run(
                () => EchoAsync(
                    near,
                    () =>
                    {
                        if (!Volatile.Read(ref block))
                            return;
                        held.Set();
                        release.Wait();
                    }),
                Token),
            Task.Run(() => EchoAsync(otherNear), Token),
        ];
        await TalkUntilAsync(far, () => !IsInEpoll(near));
        Volatile.Write(ref block, true);
        far.WriteByte(1);
        await Task.Run(
            () =>
            {
                Assert.True(held.Wait(Patience, Token));
                Ask(otherFar);
                Ask(otherFar);
                Volatile.Write(ref block, false);
                release.Set();
                Assert.Equal(1, far.ReadByte());
                Ask(far);
            },
            Token);
        far.ShutdownWrite();
        otherFar.ShutdownWrite();
        await Task.WhenAll(echoes);
        await DisposeAsync(near, far, otherNear, otherFar);
    }

    private static async Task EchoAsync(UnixStream stream, Action? between = null, CancellationToken token = default)
    {
        byte[] bytes = new byte[1];
        while (await stream.ReadAsync(bytes, token) != 0)
        {
            between?.Invoke();
            await stream.WriteAsync(bytes, token);
        }
    }

    private static Task TalkUntilAsync(UnixStream far, Func<bool> enough) => Task.Run(
        () =>
        {
            do
            {
                for (int i = 0; i < InARow; i++)
                    Ask(far);
            }
            while (!enough());
        },
        Token);

    private static void Ask(UnixStream far)
    {
        far.ReadTimeout = 60_000;
        far.WriteByte(1);
        Assert.Equal(1, far.ReadByte());
    }

    private static async Task DisposeAsync(params UnixStream[] streams)
    {
        foreach (var stream in streams)
            await stream.DisposeAsync();
    }

    /// <summary>Whether one of this process's epoll sets watches it, as proc(5) tells.</summary>
    private static bool IsInEpoll(UnixStream stream)
    {
        string line = string.Create(CultureInfo.InvariantCulture, $"tfd:{stream.Core.Descriptor.Number,9} ");
        return Directory.GetFiles("/proc/self/fd").Any(fd =>
            new FileInfo(fd).LinkTarget is { } target
            && target.Contains("eventpoll", StringComparison.Ordinal)
            && File.ReadAllText($"/proc/self/fdinfo/{Path.GetFileName(fd)}").Contains(line, StringComparison.Ordinal));
    }
}
