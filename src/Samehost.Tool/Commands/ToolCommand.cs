using System.CommandLine;

namespace Samehost.Tool.Commands;

/// <summary>A command with what help, man page and completions say of it beyond its options.</summary>
internal sealed class ToolCommand(string name, string description) : Command(name, description)
{
    /// <summary>Command lines to copy, and what each of them does.</summary>
    public IReadOnlyList<(string Line, string Remark)> Examples { get; init; } = [];

    /// <summary>Paragraphs for the man page: what a user has to know and no option says.</summary>
    public IReadOnlyList<string> Details { get; init; } = [];
}
