using System.Reflection;

namespace Samehost.Bench.Measuring;

/// <summary>A program and the arguments that choose what it does; the rest (a path, durations) is added at each start.</summary>
internal sealed record Command(string Program, params IReadOnlyList<string> Arguments)
{
    /// <summary>This very program in one of its roles.</summary>
    public static Command Role(string name)
    {
        string self = Environment.ProcessPath ?? throw new InvalidOperationException("the path of this program is unknown");
        bool isHost = Path.GetFileNameWithoutExtension(self) == "dotnet";
        return isHost ? new(self, Assembly.GetExecutingAssembly().Location, "role", name) : new(self, "role", name);
    }
}
