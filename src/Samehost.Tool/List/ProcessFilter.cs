using System.IO.Enumeration;
using Samehost.Inspection;
using Samehost.Interop;

namespace Samehost.Tool.List;

/// <summary>
/// The process of <c>--process</c>: a number, or a name as users know it. A process may call itself otherwise ("tmux: server"), and its
/// name is cut to 15 bytes, so its program's name counts as well.
/// </summary>
internal sealed class ProcessFilter
{
    private readonly string _wanted;
    private readonly int? _number;
    private readonly Dictionary<int, bool> _known = [];

    public ProcessFilter(string wanted)
    {
        _wanted = wanted;
        _number = Numbers.TryParse(wanted, out int number) ? number : null;
    }

    /// <summary>Forgets what is known of processes, whose numbers may be used again.</summary>
    public void Reset() => _known.Clear();

    public bool Matches(UnixSocketEntry? socket) => socket is not null && socket.Processes.Any(Matches);

    private bool Matches(UnixSocketProcess process)
    {
        if (_number is { } number)
            return process.ProcessId == number;
        if (!_known.TryGetValue(process.ProcessId, out var matches))
            _known[process.ProcessId] = matches = Names(process).Any(IsWanted);
        return matches;
    }

    /// <summary>The names of a process: the one that it chose, whole and before a colon, and that of its program.</summary>
    private static IEnumerable<string> Names(UnixSocketProcess process)
    {
        var command = process.Command;
        yield return command;
        if (command.IndexOf(':', StringComparison.Ordinal) is > 0 and var colon)
            yield return command[..colon];
        if (ProgramName(process.ProcessId) is { } program)
            yield return program;
    }

    private bool IsWanted(string name) => FileSystemName.MatchesSimpleExpression(_wanted, name, ignoreCase: false);

    /// <summary>Gets the file name of the program from its first argument, which every user may read.</summary>
    private static string? ProgramName(int process)
    {
        try
        {
            var arguments = File.ReadAllBytes($"/proc/{process}/cmdline").AsSpan();
            var end = arguments.IndexOf((byte)0);
            var path = end < 0 ? arguments : arguments[..end];
            var name = PrintableText.Of(path[(path.LastIndexOf((byte)'/') + 1)..]);
            return name.Length > 0 ? name.Split([':', ' '], 2)[0] : null; // "nginx: worker process"
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            return null; // it has ended, or is hidden
        }
    }
}
