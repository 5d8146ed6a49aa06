using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Samehost.AspNetCore.Tests.Support;

namespace Samehost.AspNetCore.Tests.Transport;

/// <summary>Logging does not delay requests, and credentials can be logged after the end of the connection.</summary>
public sealed class LoggingTests
{
    private const int Limit = 60_000;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact(Timeout = Limit)]
    public async Task A_logger_that_blocks_at_a_refusal_delays_no_request()
    {
        using var log = new GatedLog();
        await using var refusing = await WebServer.StartAsync(
            Greet, listen => listen.PeerPolicy = PeerPolicy.Parse("uid:4000000000"),
            services: services => services.AddSingleton<ILoggerProvider>(log));
        await using var serving = await WebServer.StartAsync(Greet); // on the same event loop
        using var early = serving.NewClient();
        Assert.Equal("Hi", await early.GetStringAsync("/", Token));

        using (var refused = refusing.Connect())
            Assert.Equal(0, await refused.Stream.ReadAsync(new byte[1], Token));
        await log.Entered.WaitAsync(Token);
        using (var refused = refusing.Connect())
            Assert.Equal(0, await refused.Stream.ReadAsync(new byte[1], Token).AsTask().WaitAsync(TimeSpan.FromSeconds(20), Token));
        Assert.Equal("Hi", await early.GetStringAsync("/", Token).WaitAsync(TimeSpan.FromSeconds(20), Token));
        using var late = serving.NewClient();
        Assert.Equal("Hi", await late.GetStringAsync("/", Token).WaitAsync(TimeSpan.FromSeconds(20), Token));
        log.Gate.Set();
    }

    [Fact(Timeout = Limit)]
    public async Task Credentials_can_be_read_when_the_connection_was_aborted()
    {
        var caller = new TaskCompletionSource<PeerCredentials>(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var server = await WebServer.StartAsync(app => app.Run(http =>
        {
            http.Abort();
            http.RequestAborted.WaitHandle.WaitOne();
            caller.SetResult(http.Features.GetRequiredFeature<IUnixPeerFeature>().Credentials);
            return Task.CompletedTask;
        }));
        using var client = server.Connect();
        await client.SendAsync(RawClient.Get);
        Assert.Equal("", await client.ReadToEndAsync());
        Assert.Equal(Environment.ProcessId, (await caller.Task).ProcessId);
    }

    private static void Greet(WebApplication app) => app.Run(http => http.Response.WriteAsync("Hi"));

    /// <summary>Blocks at the first refusal until the gate is open.</summary>
    private sealed class GatedLog : ILoggerProvider, ILogger
    {
        private readonly TaskCompletionSource _entered = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public ManualResetEventSlim Gate { get; } = new();

        public Task Entered => _entered.Task;

        public ILogger CreateLogger(string categoryName) => this;

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(
            LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            if (!formatter(state, exception).Contains("was refused", StringComparison.Ordinal))
                return;
            _entered.TrySetResult();
            Gate.Wait();
        }

        public void Dispose() => Gate.Set();
    }
}
