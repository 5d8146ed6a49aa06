using System.Diagnostics;
using Samehost.Tests.Support;
using Xunit;

namespace Samehost.Tests.Sockets;

/// <summary>Accepting and connecting are canceled again and again; no connection and no descriptor is lost.</summary>
[Collection(NonParallel.Name)]
public sealed class AcceptCancellationTests : CountingSocketTest
{
    [Fact(Timeout = Limit)]
    public async Task A_hundred_thousand_canceled_accepts_take_no_connection()
    {
        await using var listener = UnixListener.Listen(At("s"));
        for (var i = 0; i < 100_000; i++)
            await Cancellations.OfOneAsync(token => listener.AcceptAsync(token));

        var (client, server) = await ConnectAsync(listener);
        await PassesAsync(client, server);
        await client.DisposeAsync();
        await server.DisposeAsync();
    }

    [Fact(Timeout = Limit)]
    public async Task Every_client_is_accepted_although_accepts_are_canceled_meanwhile()
    {
        const int Clients = 8_000;
        await using var listener = UnixListener.Listen(At("s"));
        var accepted = 0;
        var canceled = 0;
        var numbers = 0;
        var accepting = Task.Run(
            async () =>
            {
                var delays = new Random(3);
                while (accepted < Clients)
                {
                    using var source = new CancellationTokenSource();
                    var accept = listener.AcceptAsync(source.Token);
                    if (!accept.IsCompleted)
                        Cancellations.AfterSpinning(source, delays.Next(0, 60));
                    try
                    {
                        await using var server = await accept;
                        accepted++;
                        numbers += server.ReadByte();
                    }
                    catch (OperationCanceledException)
                    {
                        canceled++;
                    }
                }
            },
            Token);
        await Task.Run(
            () =>
            {
                var gaps = new Random(4);
                for (var i = 0; i < Clients; i++)
                {
                    using var client = UnixStream.Connect(At("s"));
                    client.WriteByte((byte)(i % 100));
                    Thread.SpinWait(gaps.Next(0, 3000)); // so that accepts wait, and cancellations have something to cancel
                }
            },
            Token);

        await accepting;
        Assert.Equal(Clients, accepted);
        Assert.Equal(Enumerable.Range(0, Clients).Sum(i => i % 100), numbers);
        Assert.NotEqual(0, canceled);
    }

    [Fact(Timeout = Limit)]
    public async Task Canceled_connects_leave_nothing_behind()
    {
        await using var listener = UnixListener.Listen(At("s"), new UnixListenerOptions { Backlog = 0 });
        await using var first = await UnixStream.ConnectAsync(At("s"), null, Token);
        var forEver = new UnixConnectOptions { ServerTimeout = Timeout.InfiniteTimeSpan };

        for (var i = 0; i < 50_000; i++)
            await Cancellations.OfOneAsync(token => UnixStream.ConnectAsync(At("s"), forEver, token)); // the backlog is full
        for (var i = 0; i < 50_000; i++)
            await Cancellations.OfOneAsync(token => UnixStream.ConnectAsync(At("none"), forEver, token));

        await using var server = await listener.AcceptAsync(Token);
        await PassesAsync(first, server);
        await Cancellations.OfOneAsync(token => listener.AcceptAsync(token)); // waits: no canceled connect is in the backlog
    }

    [Fact(Timeout = Limit)]
    public async Task Connects_that_race_with_their_cancellation_either_connect_or_do_not()
    {
        await using var listener = UnixListener.Listen(At("s"), new UnixListenerOptions { Backlog = 0 });
        var options = new UnixConnectOptions { ServerTimeout = Timeout.InfiniteTimeSpan };
        using var done = CancellationTokenSource.CreateLinkedTokenSource(Token);
        var accepted = 0;
        var accepting = Task.Run(
            async () =>
            {
                try
                {
                    while (true)
                    {
                        await using var server = await listener.AcceptAsync(done.Token);
                        accepted++;
                    }
                }
                catch (OperationCanceledException)
                {
                }
            },
            Token);

        var connected = 0;
        var start = Stopwatch.GetTimestamp();
        while (Stopwatch.GetElapsedTime(start) < TimeSpan.FromSeconds(1.5))
        {
            using var source = new CancellationTokenSource();
            var token = source.Token;
            Task<UnixStream>[] connects =
                [.. Enumerable.Range(0, 4).Select(_ => UnixStream.ConnectAsync(At("s"), options, token).AsTask())];
            source.CancelAfter(1);
            foreach (var connect in connects)
            {
                try
                {
                    await using var client = await connect;
                    connected++;
                }
                catch (OperationCanceledException)
                {
                }
            }
        }

        await Eventually.IsTrueAsync(() => Volatile.Read(ref accepted) >= connected, "each connection was accepted");
        await done.CancelAsync();
        await accepting;
        Assert.Equal(connected, accepted);
    }
}
