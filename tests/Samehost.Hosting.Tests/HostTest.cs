using System.Collections.Concurrent;
using System.Text;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Samehost.Hosting.Tests;

/// <summary>A test with its own directory and hosts that log into a list.</summary>
public abstract class HostTest : IDisposable
{
    private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("hosting-");

    internal static CancellationToken Token => TestContext.Current.CancellationToken;

    internal LogRecords Log { get; } = new();

    internal string Path => PathOf("greeter.sock");

    internal UnixEndPoint EndPoint => UnixEndPoint.FromPath(Path);

    public void Dispose()
    {
        _directory.Delete(recursive: true);
        GC.SuppressFinalize(this);
    }

    internal string PathOf(string name) => System.IO.Path.Join(_directory.FullName, name);

    /// <summary>Builds a host whose section <c>Greeter</c> has the given settings, and the address of this test.</summary>
    internal IHost Build(Action<IServiceCollection> add, params (string Key, string? Value)[] settings)
    {
        var builder = Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings());
        builder.Configuration.AddInMemoryCollection([new("Greeter:Address", Path)]);
        builder.Configuration.AddInMemoryCollection(settings.Select(s => KeyValuePair.Create(s.Key, s.Value)));
        builder.Logging.SetMinimumLevel(LogLevel.Trace).AddProvider(Log);
        add(builder.Services);
        return builder.Build();
    }

    internal static UnixHostedServer ServerOf(IHost host) => host.Services.GetRequiredKeyedService<UnixHostedServer>("Greeter");

    internal async Task<string> AskAsync(string? path = null)
    {
        await using var client = await UnixStream.ConnectAsync(UnixEndPoint.FromPath(path ?? Path), cancellationToken: Token);
        return await ReadToEndAsync(client);
    }

    internal static async Task<string> ReadToEndAsync(UnixStream client)
    {
        using var text = new StreamReader(client, Encoding.UTF8, leaveOpen: true);
        return await text.ReadToEndAsync(Token);
    }
}

/// <summary>Keeps what is logged.</summary>
internal sealed class LogRecords : ILoggerProvider
{
    private readonly ConcurrentQueue<LogRecord> _records = new();

    public IEnumerable<LogRecord> Ours => _records.Where(r => r.Category.StartsWith("Samehost.", StringComparison.Ordinal));

    public ILogger CreateLogger(string categoryName) => new Logger(this, categoryName);

    public void Dispose()
    {
    }

    private sealed class Logger(LogRecords records, string category) : ILogger
    {
        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(
            LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            records._records.Enqueue(new LogRecord(logLevel, category, formatter(state, exception), exception));
    }
}

internal sealed record LogRecord(LogLevel Level, string Category, string Text, Exception? Error);
