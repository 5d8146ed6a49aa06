using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Samehost.AspNetCore.Transport;

/// <summary>Warns, once, of a client that sends the percent-encoded path of a socket as <c>:authority</c>.</summary>
/// <remarks>That is what the gRPC clients that are based on its C core do. Kestrel resets such a stream, has no option to accept it, and
/// reports the reason to its log at debug level only; this provider receives that category whatever the levels of the others are.</remarks>
internal sealed class AuthorityWarning(ILogger logger) : ILoggerProvider, ILogger
{
    private const string Category = "Microsoft.AspNetCore.Server.Kestrel.Http2";

    private int _hasWarned;

    /// <summary>Adds the rule that lets the debug level of the category through to this provider, and to no other.</summary>
    public static void AddRule(LoggerFilterOptions options)
    {
        var name = typeof(AuthorityWarning).FullName;
        if (options.Rules.All(rule => rule.ProviderName != name))
            options.Rules.Add(new LoggerFilterRule(name, Category, LogLevel.Debug, filter: null));
    }

    public ILogger CreateLogger(string categoryName) => categoryName == Category ? this : NullLogger.Instance;

    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => logLevel == LogLevel.Debug && Volatile.Read(ref _hasWarned) == 0;

    public void Log<TState>(
        LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
    {
        if (FindAuthority(exception?.Message) is { } authority && Interlocked.Exchange(ref _hasWarned, 1) == 0)
            TransportLog.PathAsAuthority(logger, authority);
    }

    public void Dispose()
    {
        // It has nothing to release.
    }

    /// <summary>Finds the host in the message of the exception, where it is the text in quotes.</summary>
    private static string? FindAuthority(string? message)
    {
        if (message?.Split('\'') is not [_, var authority, ..] || !authority.StartsWith("%2F", StringComparison.OrdinalIgnoreCase))
            return null;
        return Uri.UnescapeDataString(authority) is var path && path.Any(char.IsControl) ? authority : path;
    }
}
