using System.Collections.Concurrent;
using Microsoft.AspNetCore.Builder;
using Samehost.AspNetCore.Tests.Support;

namespace Samehost.AspNetCore.Tests.Transport;

/// <summary>Disconnected clients and aborted connections.</summary>
public sealed class AbortTests
{
    private const int Limit = 60_000;

    [Theory(Timeout = Limit)]
    [InlineData(0)]
    [InlineData(3)]
    public async Task RequestAborted_is_canceled_for_an_asynchronous_handler_when_the_client_disconnects(int requestsBefore)
    {
        var notified = new TaskCompletionSource();
        var requests = 0;
        await using var server = await WebServer.StartAsync(app => app.Run(async http =>
        {
            if (Interlocked.Increment(ref requests) > requestsBefore)
            {
                await Task.Delay(Timeout.Infinite, http.RequestAborted).ContinueWith(_ => { }, TaskScheduler.Default);
                notified.SetResult();
            }
        }));
        using (var client = server.Connect())
        {
            for (var i = 0; i < requestsBefore; i++)
            {
                await client.SendAsync(RawClient.Get);
                Assert.Contains("200 OK", await client.ReadUntilAsync("\r\n\r\n"), StringComparison.Ordinal);
            }

            await client.SendAsync(RawClient.Get);
            await Eventually.IsTrueAsync(() => Volatile.Read(ref requests) > requestsBefore, "the handler runs");
        }

        await notified.Task;
    }

    [Theory(Timeout = Limit)]
    [InlineData(0)]
    [InlineData(3)]
    public async Task RequestAborted_is_canceled_for_a_blocking_handler_when_the_client_disconnects(int requestsBefore)
    {
        var notified = new TaskCompletionSource();
        var requests = 0;
        await using var server = await WebServer.StartAsync(app => app.Run(http =>
        {
            if (Interlocked.Increment(ref requests) > requestsBefore)
            {
                http.RequestAborted.WaitHandle.WaitOne(); // as synchronous code does
                notified.SetResult();
            }

            return Task.CompletedTask;
        }));
        using (var client = server.Connect())
        {
            for (var i = 0; i < requestsBefore; i++)
            {
                await client.SendAsync(RawClient.Get);
                Assert.Contains("200 OK", await client.ReadUntilAsync("\r\n\r\n"), StringComparison.Ordinal);
            }

            await client.SendAsync(RawClient.Get);
            await Eventually.IsTrueAsync(() => Volatile.Read(ref requests) > requestsBefore, "the handler runs");
        }

        await notified.Task;
    }

    [Fact(Timeout = Limit)]
    public async Task A_handler_can_abort_its_connection()
    {
        await using var server = await WebServer.StartAsync(app => app.Run(http =>
        {
            http.Abort();
            return Task.CompletedTask;
        }));
        using var client = server.Connect();
        await client.SendAsync(RawClient.Get);

        Assert.Equal("", await client.ReadToEndAsync());
    }

    [Fact(Timeout = Limit)]
    public async Task An_aborted_connection_leaves_no_unobserved_exception()
    {
        var unseen = new ConcurrentQueue<Exception>();
        void See(object? sender, UnobservedTaskExceptionEventArgs args)
        {
            if (args.Exception.InnerException is ObjectDisposedException error)
                unseen.Enqueue(error);
        }

        TaskScheduler.UnobservedTaskException += See;
        try
        {
            await using var server = await WebServer.StartAsync(app => app.Run(async http =>
            {
                http.Abort();
                await Task.Yield(); // so that the connection can read ahead
            }));
            for (var i = 0; i < 10; i++)
            {
                using var client = server.Connect();
                await client.SendAsync(RawClient.Get);
                Assert.Equal("", await client.ReadToEndAsync());
            }
        }
        finally
        {
            GC.Collect();
            GC.WaitForPendingFinalizers();
            TaskScheduler.UnobservedTaskException -= See;
        }

        Assert.Empty(unseen);
    }
}
