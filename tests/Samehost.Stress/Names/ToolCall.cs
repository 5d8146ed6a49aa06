using System.Text;
using Samehost.Stress.Fuzz;

namespace Samehost.Stress.Names;

/// <summary>A command line of the tool, and how it may end.</summary>
internal sealed record ToolCall(IReadOnlyList<byte[]> Arguments)
{
    /// <summary>0 done, 1 failed, 2 wrong usage.</summary>
    public IReadOnlyList<int> Statuses { get; init; } = [0, 1, 2];

    public bool IsJson { get; init; }

    /// <summary>Its standard output is what the other side says, byte by byte.</summary>
    public bool OutputIsData { get; init; }

    /// <summary>It goes on after a client, until SIGTERM.</summary>
    public bool EndsBySignal { get; init; }

    public static ToolCall Of(params object[] arguments) =>
        new([.. arguments.Select(static a => a as byte[] ?? Encoding.UTF8.GetBytes((string)a))]);

    public override string ToString() => string.Join(' ', Arguments.Select(static a => Hostile.Show(Encoding.Latin1.GetString(a))));
}
