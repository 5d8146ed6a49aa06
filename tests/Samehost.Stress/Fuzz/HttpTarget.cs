using System.Collections.Concurrent;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.Logging;
using Samehost.AspNetCore;

namespace Samehost.Stress.Fuzz;

/// <summary>
/// Bytes of a client of the web transport. The first byte of an input selects the protocol, and whether the client shuts down its direction
/// or closes the connection. For every input its connection must end and the next client must be served.
/// </summary>
internal sealed class HttpTarget : FuzzTarget
{
    private const int MaxResponse = 1 << 20;

    private static readonly TimeSpan WaitTimeout = TimeSpan.FromSeconds(20);

    private readonly ErrorLog _log = new();
    private readonly WebApplication _app;
    private readonly UnixEndPoint _first;
    private readonly UnixEndPoint _second;
    private int _runs;

    public HttpTarget(string directory)
    {
        _first = UnixEndPoint.FromPath($"{directory}/h1");
        _second = UnixEndPoint.FromPath($"{directory}/h2");
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders().AddProvider(_log);
        Microsoft.AspNetCore.Hosting.WebHostBuilderKestrelExtensions.ConfigureKestrel(builder.WebHost, static options =>
        {
            options.Limits.KeepAliveTimeout = TimeSpan.FromSeconds(5);
            options.Limits.RequestHeadersTimeout = TimeSpan.FromSeconds(5);
            options.Limits.MinRequestBodyDataRate = null;
        });
        builder.WebHost.ListenUnix(_first.Path!);
        builder.WebHost.ListenUnix(_second.Path!, static listen => listen.ListenOptions.Protocols = HttpProtocols.Http2);
        _app = builder.Build();
        _app.MapGet("/", static () => "hello");
        _app.MapPost("/echo", static async (HttpRequest request) =>
        {
            using var reader = new StreamReader(request.Body);
            return await reader.ReadToEndAsync();
        });
        _app.StartAsync().GetAwaiter().GetResult();
    }

    public override string Name => "http";

    public override IReadOnlyList<string> Words { get; } =
    [
        "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n", "POST /echo HTTP/1.1\r\n", "Host: localhost\r\n", "Content-Length: 5\r\n",
        "\r\n", "\r\n\r\n", "Transfer-Encoding: chunked\r\n", "5\r\nhello\r\n0\r\n\r\n", "Connection: close\r\n", "HTTP/1.0",
        "Expect: 100-continue\r\n", "Upgrade: h2c\r\n", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "\0\0\0\u0004\0\0\0\0\0", "%00",
        "http://[::1]:80/", "\0",
    ];

    public override string Run(byte[] input)
    {
        if (input.Length == 0)
            return "short";
        var outcome = RunClient(input).GetAwaiter().GetResult();
        if (_log.First is { } error)
            throw new FuzzException($"the server logged an error: {error}");
        if (++_runs % 50 == 0)
        {
            var answer = RequestAsync().GetAwaiter().GetResult();
            Require(answer.Contains("hello", StringComparison.Ordinal), $"a plain request is answered with {UntrustedText.Show(answer)}");
        }
        return outcome;
    }

    public override async ValueTask DisposeAsync()
    {
        await _app.StopAsync();
        await _app.DisposeAsync();
    }

    private async Task<string> RunClient(byte[] input)
    {
        var isSecond = (input[0] & 1) != 0;
        await using var stream = await UnixStream.ConnectAsync(isSecond ? _second : _first);
        try
        {
            var writing = stream.WriteAsync(input.AsMemory(1));
            if ((input[0] & 2) != 0)
            {
                await writing.AsTask().WaitAsync(WaitTimeout);
                return "left"; // with its response unread
            }
            await writing.AsTask().WaitAsync(WaitTimeout);
            stream.ShutdownWrite();
            var answer = new byte[MaxResponse];
            var count = await stream.ReadAtLeastAsync(answer, answer.Length, throwOnEndOfStream: false).AsTask().WaitAsync(WaitTimeout);
            var line = Encoding.ASCII.GetString(answer, 0, Math.Min(count, 12));
            // The response to an HTTP/2 preface is an HTTP/2 GOAWAY.
            var isFirst = count == 0 || line.StartsWith("HTTP/1.1 ", StringComparison.Ordinal);
            Require(isSecond || isFirst || input.AsSpan(1).StartsWith("PRI "u8), $"the answer begins with {UntrustedText.Show(line)}");
            return isSecond ? $"2 {Math.Min(count, 200)}" : $"1 {line} {Math.Min(count >> 7, 8)}";
        }
        catch (TimeoutException)
        {
            throw new FuzzException("the connection of a client that has ended does not end");
        }
        catch (IOException e)
        {
            return e.InnerException is UnixSocketException { Errno: Errno.EPIPE or Errno.ECONNRESET }
                ? "reset"
                : throw new FuzzException($"the connection failed: {e.Message}");
        }
    }

    private async Task<string> RequestAsync()
    {
        await using var stream = await UnixStream.ConnectAsync(_first);
        await stream.WriteAsync("GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"u8.ToArray());
        using var reader = new StreamReader(stream);
        return await reader.ReadToEndAsync().WaitAsync(WaitTimeout);
    }

    /// <summary>Collects errors; no client may cause one in the server.</summary>
    private sealed class ErrorLog : ILoggerProvider, ILogger
    {
        private readonly ConcurrentQueue<string> _errors = new();

        public string? First => _errors.TryPeek(out var first) ? first : null;

        public ILogger CreateLogger(string categoryName) => this;

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => logLevel >= LogLevel.Error;

        public void Log<TState>(
            LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            // The handler's exception for a body that ends too early is logged as an error, which is expected. Kestrel has another type for
            // a chunk whose length overflows.
            if (IsEnabled(logLevel) && exception is not (Microsoft.AspNetCore.Http.BadHttpRequestException
                or IOException { InnerException: OverflowException }))
            {
                _errors.Enqueue($"{formatter(state, exception)} {exception}");
            }
        }

        public void Dispose()
        {
        }
    }
}
