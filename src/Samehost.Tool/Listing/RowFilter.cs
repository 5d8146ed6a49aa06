using System.IO.Enumeration;
using System.Net.Sockets;
using Samehost.Interop;

namespace Samehost.Tool.Listing;

/// <summary>Which rows the user wants to see.</summary>
internal sealed record RowFilter
{
    /// <summary>A part of the name, or all of it with * and ?.</summary>
    public string? Pattern { get; init; }

    public SocketType? Kind { get; init; }

    /// <summary>A process number, or a program's name with * and ?.</summary>
    public string? Process { get; init; }

    /// <summary>Only what can be reached: listeners and sockets that receive datagrams.</summary>
    public bool OnlyListening { get; init; }

    /// <summary>Only files without a socket.</summary>
    public bool OnlyStale { get; init; }

    /// <summary>A file without a socket has no type and no process.</summary>
    public bool WantsStaleFiles => Kind is null && Process is null && !OnlyListening;

    public bool Takes(SocketRow row) =>
        (Kind is null || row.Kind == Kind)
        && (!OnlyStale || row.State == RowState.Stale)
        && (!OnlyListening || row.State is RowState.Listening || row is { State: RowState.Bound, Kind: SocketType.Dgram })
        && (Pattern is null || (row.IsNamed && Matches(Pattern, row.EndPoint.ToString())))
        && (Process is null || Has(row.Client, Process) || Has(row.Server, Process)
            || (row.State == RowState.Waiting && Has(row.Listener, Process)));

    private static bool Matches(string pattern, string text) => pattern.AsSpan().ContainsAny('*', '?')
        ? FileSystemName.MatchesSimpleExpression(pattern, text, ignoreCase: false)
        : text.Contains(pattern, StringComparison.Ordinal);

    private static bool Has(UnixSocketEntry? socket, string process) =>
        socket is not null && socket.Processes.Any(holder => Is(holder, process));

    private static bool Is(UnixSocketProcess holder, string process) =>
        Numbers.TryParse(process, out int number)
            ? holder.ProcessId == number
            : FileSystemName.MatchesSimpleExpression(process, holder.Command, ignoreCase: false);
}
