using System.Reflection;

namespace Samehost.Bench.Measuring;

/// <summary>A program and the arguments that choose what it does; the rest (a path, durations) is added at each start.</summary>
internal sealed record Command(string Program, params IReadOnlyList<string> Arguments)
{
    /// <summary>It has a just-in-time compiler, which takes a while until it has seen what is worth its time.</summary>
    public bool NeedsWarmup { get; private init; }

    /// <summary>This very program in one of its roles.</summary>
    public static Command Role(string name, params IReadOnlyList<string> arguments)
    {
        string self = Environment.ProcessPath ?? throw new InvalidOperationException("the path of this program is unknown");
        string[] host = Path.GetFileNameWithoutExtension(self) == "dotnet" ? [Assembly.GetExecutingAssembly().Location] : [];
        return new(self, [.. host, "role", name, .. arguments]) { NeedsWarmup = true };
    }
}
