using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Samehost.Hosting.Tests;

public sealed class UnixHostedServerTests : HostTest
{
    [Fact(Timeout = 180_000)]
    public async Task Each_connection_has_a_handler_from_a_scope_of_its_own()
    {
        var disposed = new Disposals();
        using var host = Build(s => s.AddSingleton(disposed).AddScoped<ScopedNumber>().AddUnixServer<NumberHandler>("Greeter"));
        await host.StartAsync(Token);

        string[] answers = [await AskAsync(), await AskAsync()];
        await host.StopAsync(Token);

        Assert.Equal(["1 1", "2 2"], answers);
        Assert.Equal(2, disposed.Count);
        Assert.False(File.Exists(Path));
    }

    [Fact(Timeout = 180_000)]
    public async Task A_function_serves_streams()
    {
        using var host = Build(s => s.AddUnixServer(
            "Greeter", (stream, stopping) => stream.WriteAsync("hi"u8.ToArray(), stopping).AsTask()));
        await host.StartAsync(Token);

        Assert.Equal("hi", await AskAsync());
        await host.StopAsync(Token);
    }

    [Theory(Timeout = 180_000)]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Seqpacket_connections_are_served(bool byFunction)
    {
        using var host = Build(s => _ = byFunction
            ? s.AddUnixSeqpacketServer("Greeter", new RecordHandler().HandleAsync)
            : s.AddUnixSeqpacketServer<RecordHandler>("Greeter"));
        await host.StartAsync(Token);

        await using var client = await UnixSeqpacket.ConnectAsync(EndPoint, cancellationToken: Token);
        var buffer = new byte[10];
        var received = await client.ReceiveAsync(buffer, Token);
        await host.StopAsync(Token);

        Assert.Equal("record"u8, buffer.AsSpan(0, received.Count));
    }

    [Fact(Timeout = 180_000)]
    public async Task A_server_that_cannot_listen_fails_the_start_with_the_reason()
    {
        await using var other = UnixListener.Listen(EndPoint);
        using var host = Build(s => s.AddUnixServer("Greeter", (_, _) => Task.CompletedTask));
        var hasStarted = false;
        host.Services.GetRequiredService<IHostApplicationLifetime>().ApplicationStarted.Register(() => hasStarted = true);

        var error = await Assert.ThrowsAsync<UnixSocketException>(() => host.StartAsync(Token));

        Assert.Equal(Errno.EADDRINUSE, error.Errno);
        Assert.False(hasStarted);
        Assert.True(File.Exists(Path)); // the other server's
    }

    [Fact(Timeout = 180_000)]
    public async Task Stopping_cancels_the_handlers_and_waits_for_them()
    {
        var served = new TaskCompletionSource();
        using var host = Build(s => s.AddUnixServer("Greeter", async (stream, stopping) =>
        {
            await stream.WriteAsync("a"u8.ToArray(), Token);
            await Task.Delay(Timeout.Infinite, stopping).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            await stream.WriteAsync("z"u8.ToArray(), Token);
            served.SetResult();
        }));
        await host.StartAsync(Token);
        await using var client = await UnixStream.ConnectAsync(EndPoint, cancellationToken: Token);
        await client.ReadExactlyAsync(new byte[1], Token);

        await host.StopAsync(Token);

        Assert.True(served.Task.IsCompletedSuccessfully);
        Assert.Equal("z", await ReadToEndAsync(client));
    }

    [Fact(Timeout = 180_000)]
    public async Task The_time_to_drain_ends_with_the_shutdown_time_of_the_host()
    {
        var started = new TaskCompletionSource();
        using var host = Build(
            s => s.Configure<HostOptions>(o => o.ShutdownTimeout = TimeSpan.FromMilliseconds(100))
                .AddUnixServer("Greeter", (_, _) =>
                {
                    started.SetResult();
                    return new TaskCompletionSource().Task;
                }),
            ("Greeter:DrainTimeout", "00:30:00"));
        await host.StartAsync(Token);
        await using var client = await UnixStream.ConnectAsync(EndPoint, cancellationToken: Token);
        await started.Task.WaitAsync(Token);

        await host.StopAsync(Token);

        Assert.Equal("", await ReadToEndAsync(client));
        Assert.Contains(Log.Ours, r => r.Level == LogLevel.Warning && r.Text.Contains("had not ended in time", StringComparison.Ordinal));
    }

    [Fact(Timeout = 180_000)]
    public async Task A_handler_that_throws_is_logged_as_an_error_and_a_client_that_leaves_is_not()
    {
        using var host = Build(s => s.AddUnixServer("Greeter", async (stream, stopping) =>
        {
            if (await stream.ReadAsync(new byte[1], stopping) > 0)
                throw new InvalidOperationException("on purpose");
            while (true)
                await stream.WriteAsync(new byte[100_000], stopping); // until the client has left
        }));
        await host.StartAsync(Token);
        using (var leaving = UnixStream.Connect(EndPoint))
            leaving.ShutdownWrite();
        await using var failing = await UnixStream.ConnectAsync(EndPoint, cancellationToken: Token);
        await failing.WriteAsync("x"u8.ToArray(), Token);
        Assert.Equal("", await ReadToEndAsync(failing));

        await host.StopAsync(Token);

        var problem = Assert.Single(Log.Ours, r => r.Level > LogLevel.Information);
        Assert.Equal((LogLevel.Error, "on purpose"), (problem.Level, problem.Error?.Message));
        Assert.Contains($"process {Environment.ProcessId}", problem.Text, StringComparison.Ordinal);
        Assert.Contains(Log.Ours, r => r.Text == $"Server Greeter is listening on {Path}");
    }

    [Fact(Timeout = 180_000)]
    public async Task A_refused_client_is_logged_with_the_reason()
    {
        using var host = Build(
            s => s.AddUnixServer("Greeter", (_, _) => Task.CompletedTask), ("Greeter:Policy", "uid:4294967294"));
        await host.StartAsync(Token);

        Assert.Equal("", await AskAsync());
        await host.StopAsync(Token);

        var refusal = Assert.Single(Log.Ours, r => r.Text.Contains("refused", StringComparison.Ordinal));
        Assert.Equal(LogLevel.Information, refusal.Level);
        Assert.Contains("is not allowed by the policy", refusal.Text, StringComparison.Ordinal);
    }

    [Fact(Timeout = 180_000)]
    public async Task The_health_check_says_whether_the_server_accepts_connections()
    {
        using var host = Build(s => s.AddUnixServer("Greeter", (_, _) => Task.CompletedTask).AddHealthChecks().AddUnixServer("Greeter"));
        var checks = host.Services.GetRequiredService<HealthCheckService>();
        var before = await checks.CheckHealthAsync(Token);
        await host.StartAsync(Token);
        var during = await checks.CheckHealthAsync(Token);
        await host.StopAsync(Token);
        var after = await checks.CheckHealthAsync(Token);

        Assert.Equal([HealthStatus.Unhealthy, HealthStatus.Healthy, HealthStatus.Unhealthy], [before.Status, during.Status, after.Status]);
        Assert.Equal($"Listening on {Path}.", during.Entries["Greeter"].Description);
    }

    [Fact(Timeout = 180_000)]
    public async Task A_successor_accepts_the_server_and_the_predecessor_stops()
    {
        void Add(IServiceCollection services, string answer) =>
            services.AddUnixServer(
                "Greeter", async (stream, _) => await stream.WriteAsync(System.Text.Encoding.UTF8.GetBytes(answer), Token));
        var handover = ("Greeter:HandoverAddress", (string?)PathOf("handover"));
        using var predecessor = Build(s => Add(s, "old"), handover);
        using var successor = Build(s => Add(s, "new"), handover);
        await predecessor.StartAsync(Token);
        Assert.Equal("old", await AskAsync());

        await successor.StartAsync(Token);
        await predecessor.WaitForShutdownAsync(Token);

        Assert.Equal("new", await AskAsync());
        Assert.Contains(Log.Ours, r => r.Text.StartsWith("A successor has accepted the handover", StringComparison.Ordinal));
        await successor.StopAsync(Token);
        Assert.False(File.Exists(Path));
    }

    [Fact]
    public void A_name_is_used_once()
    {
        var error = Assert.Throws<ArgumentException>(() => Build(s =>
            s.AddUnixServer("Greeter", (_, _) => Task.CompletedTask).AddUnixServer("Greeter", (_, _) => Task.CompletedTask)));

        Assert.Contains("'Greeter' was added before", error.Message, StringComparison.Ordinal);
    }

    private sealed class Disposals
    {
        public int Last;
        public int Count;
    }

    private sealed class ScopedNumber(Disposals disposals) : IDisposable
    {
        public int Value { get; } = Interlocked.Increment(ref disposals.Last);

        public void Dispose() => Interlocked.Increment(ref disposals.Count);
    }

    private sealed class NumberHandler(ScopedNumber first, ScopedNumber second) : IUnixStreamHandler
    {
        public async Task HandleAsync(UnixStream stream, CancellationToken cancellationToken) =>
            await stream.WriteAsync(System.Text.Encoding.UTF8.GetBytes($"{first.Value} {second.Value}"), cancellationToken);
    }

    private sealed class RecordHandler : IUnixSeqpacketHandler
    {
        public async Task HandleAsync(UnixSeqpacket seqpacket, CancellationToken cancellationToken) =>
            await seqpacket.SendAsync("record"u8.ToArray(), cancellationToken);
    }
}
