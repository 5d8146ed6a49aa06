using System.Diagnostics;
using Samehost.Interop;
using Samehost.Tests.Errors;
using Xunit;

namespace Samehost.Tests.Sockets;

[Collection(Support.NonParallel.Name)]
public sealed class ConnectServerTimeoutTests : SocketTest
{
    private static readonly UnixConnectOptions Patient = new() { ServerTimeout = TimeSpan.FromSeconds(20) };
    private static readonly UnixConnectOptions Short = new() { ServerTimeout = TimeSpan.FromMilliseconds(80) };
    private static readonly UnixListenerOptions OneInTheBacklog = new() { Backlog = 0 };

    public static TheoryData<TimeSpan, TimeSpan> LongEnough => new()
    {
        { TimeSpan.Zero, TimeSpan.FromSeconds(20) },
        { TimeSpan.FromSeconds(20), TimeSpan.Zero },
        { Timeout.InfiniteTimeSpan, TimeSpan.Zero },
        { TimeSpan.Zero, Timeout.InfiniteTimeSpan },
    };

    [Theory(Timeout = Limit), InlineData(true), InlineData(false)]
    public async Task A_server_that_appears_later_is_reached(bool blocking)
    {
        var connect = Connect(At("s"), Patient, blocking);
        await Task.Yield();
        Assert.False(connect.IsCompleted);

        await using var listener = UnixListener.Listen(At("s"));

        await using var client = await connect;
        await using var server = await listener.AcceptAsync(Token);
        await PassesAsync(client, server);
    }

    [Fact(Timeout = Limit)]
    public async Task An_abstract_name_that_appears_later_is_reached()
    {
        var name = AbstractName();
        var connect = Connect(name, new UnixConnectOptions { ServerTimeout = Timeout.InfiniteTimeSpan }, blocking: false);

        await using var listener = UnixListener.Listen(name, ForUs);

        await using var client = await connect;
    }

    [Fact(Timeout = Limit)]
    public async Task A_server_that_listens_later_is_reached()
    {
        using var bound = FailingCalls.Bound(At("s"));
        var connect = Connect(At("s"), Patient, blocking: false);
        Assert.False(connect.IsCompleted);

        Assert.Equal(0, LibcSocket.Listen(bound, 5));

        await using var client = await connect;
    }

    [Theory(Timeout = Limit), MemberData(nameof(LongEnough))]
    public async Task Connecting_waits_for_room_in_a_full_backlog(TimeSpan waitFor, TimeSpan backlogTimeout)
    {
        var options = new UnixConnectOptions { ServerTimeout = waitFor, BacklogTimeout = backlogTimeout };
        await using var listener = UnixListener.Listen(At("s"), OneInTheBacklog);
        await using var first = UnixStream.Connect(At("s"));
        var connect = Connect(At("s"), options, blocking: false);
        Assert.False(connect.IsCompleted);

        await using var firstServer = await listener.AcceptAsync(Token);

        await using var client = await connect;
        await using var server = await listener.AcceptAsync(Token);
        await PassesAsync(client, server);
    }

    [Theory(Timeout = Limit), InlineData(true), InlineData(false)]
    public async Task After_the_timeout_the_error_is_that_of_the_last_attempt(bool blocking)
    {
        FailingCalls.Listening(At("stale")).Dispose();
        using var full = UnixListener.Listen(At("full"), OneInTheBacklog);
        using var first = UnixStream.Connect(At("full"));
        var noBacklogTimeout = new UnixConnectOptions { ServerTimeout = Short.ServerTimeout, BacklogTimeout = TimeSpan.Zero };
        var cases = new[] { ("none", Errno.ENOENT, Short), ("stale", Errno.ECONNREFUSED, Short), ("full", Errno.EAGAIN, noBacklogTimeout) };

        foreach (var (name, errno, options) in cases)
        {
            var start = Stopwatch.GetTimestamp();
            var failure = await Assert.ThrowsAsync<UnixSocketException>(() => Connect(At(name), options, blocking));
            var took = Stopwatch.GetElapsedTime(start);

            Failures.Is(errno, "connect", failure, At(name));
            Assert.InRange(took, Short.ServerTimeout, TimeSpan.FromSeconds(10));
            Assert.StartsWith("Waited ", failure.Hint, StringComparison.Ordinal);
        }
    }

    [Fact(Timeout = Limit)]
    public async Task Errors_that_waiting_does_not_resolve_are_thrown_immediately()
    {
        using var datagram = UnixDatagram.Bind(At("d"));
        var forEver = new UnixConnectOptions { ServerTimeout = Timeout.InfiniteTimeSpan };

        var failure = await Assert.ThrowsAsync<UnixSocketException>(() => Connect(At("d"), forEver, blocking: false));

        Failures.Is(Errno.EPROTOTYPE, "connect", failure);
    }

    [Fact(Timeout = Limit)]
    public async Task The_token_ends_the_wait()
    {
        using var canceled = new CancellationTokenSource();
        var connect = UnixStream.ConnectAsync(At("none"), Patient, canceled.Token).AsTask();
        Assert.False(connect.IsCompleted);

        await canceled.CancelAsync();

        var e = await Assert.ThrowsAnyAsync<OperationCanceledException>(() => connect);
        Assert.Equal(canceled.Token, e.CancellationToken);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(
            () => UnixStream.ConnectAsync(At("none"), Patient, canceled.Token).AsTask());
    }

    private static Task<UnixStream> Connect(UnixEndPoint endPoint, UnixConnectOptions options, bool blocking) => blocking
        ? Task.Run(() => UnixStream.Connect(endPoint, options), Token)
        : UnixStream.ConnectAsync(endPoint, options, Token).AsTask();
}
