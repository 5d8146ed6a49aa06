using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Samehost.AspNetCore.Tests.Support;

namespace Samehost.AspNetCore.Tests.Transport;

/// <summary>Logging does not delay requests, and credentials can be logged after the end of the connection.</summary>
public sealed class LoggingTests
{
    private const int Limit = 60_000;

    // RFC 9113, 6
    private const byte Headers = 1;
    private const byte ResetStream = 3;
    private const byte Settings = 4;

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

    [Fact(Timeout = Limit)]
    public async Task A_gRPC_client_that_sends_the_path_of_the_socket_as_its_host_gets_one_warning_with_the_remedy()
    {
        using var log = new LogLines();
        await using var server = await WebServer.StartAsync(
            Greet, listen => listen.ListenOptions.Protocols = HttpProtocols.Http2,
            services: services => services.AddSingleton<ILoggerProvider>(log));
        using var client = server.Connect();
        await client.Stream.WriteAsync("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"u8.ToArray(), Token);
        await client.Stream.WriteAsync(CreateFrame(Settings, flags: 0, stream: 0, []), Token);
        foreach (var stream in (byte[])[1, 3, 5])
            Assert.Equal(ResetStream, await RequestAsync(client.Stream, stream, "%2Ftmp%2Fx.sock"));
        Assert.Equal(Headers, await RequestAsync(client.Stream, 7, "localhost")); // as with grpc.default_authority

        var warning = Assert.Single(log.Lines, line => line.StartsWith("Warning", StringComparison.Ordinal));
        Assert.Contains("the path of a socket, /tmp/x.sock, as the host", warning, StringComparison.Ordinal);
        Assert.Contains("grpc.default_authority", warning, StringComparison.Ordinal);
        Assert.DoesNotContain(log.Lines, line => line.StartsWith("Debug", StringComparison.Ordinal));
    }

    [Fact(Timeout = Limit)]
    public async Task An_address_in_use_has_its_hint_and_its_errno_once()
    {
        await using var first = await WebServer.StartAsync(Greet);
        var failure = await Assert.ThrowsAsync<IOException>(() => WebServer.StartAsync(Greet, address: first.Path));
        var cause = Assert.IsType<UnixSocketException>(failure.InnerException!.InnerException);
        Assert.Equal(1, Occurrences(failure.ToString(), cause.Hint!));
        Assert.DoesNotContain(cause.Hint!, failure.Message + failure.InnerException.Message, StringComparison.Ordinal);
        foreach (var text in (string[])[cause.ToString(), new IOException("x", cause).ToString(), new AggregateException(cause).ToString()])
        {
            Assert.Contains("bind failed: Address already in use (98): ", text, StringComparison.Ordinal);
            Assert.DoesNotContain($"{nameof(UnixSocketException)} (", text, StringComparison.Ordinal);
        }

        static int Occurrences(string text, string part) => text.Split(part).Length - 1;
    }

    /// <summary>Sends a GET request with an authority, and returns the type of the first frame of its stream.</summary>
    private static async Task<byte> RequestAsync(UnixStream connection, byte stream, string authority)
    {
        byte[] fields = [0x82, 0x84, 0x86, 0x01, (byte)authority.Length, .. Encoding.ASCII.GetBytes(authority)]; // RFC 7541, appendix A
        await connection.WriteAsync(CreateFrame(Headers, flags: 5, stream, fields), Token);
        var frame = new byte[9];
        do
        {
            await connection.ReadExactlyAsync(frame, Token);
            await connection.ReadExactlyAsync(new byte[(frame[0] << 16) | (frame[1] << 8) | frame[2]], Token);
        }
        while (frame[8] != stream);
        return frame[3];
    }

    private static byte[] CreateFrame(byte type, byte flags, byte stream, byte[] payload) =>
        [0, 0, (byte)payload.Length, type, flags, 0, 0, 0, stream, .. payload];

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
