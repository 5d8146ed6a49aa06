using Samehost.Tool.Commands;

namespace Samehost.Tool.Processes;

/// <summary>The four programs, in <c>programs/</c> beside the tool: assemblies, or native executables beside a native tool.</summary>
internal static class ProgramFinder
{
    /// <summary>The command that starts the program.</summary>
    public static string[] Find(string name)
    {
        string directory = Path.Join(AppContext.BaseDirectory, "programs");
        string executable = Path.Join(directory, name);

        // A package holds assemblies only, for every architecture, so they run on the very runtime that runs the tool.
        if (File.Exists(executable + ".dll") && Muxer() is { } muxer)
            return [muxer, executable + ".dll"];
        return File.Exists(executable) ? [executable]
            : throw new ToolException($"{name} is missing in {directory}: build or install samehost again");
    }

    /// <summary>The <c>dotnet</c> of our own runtime; null when the tool carries its runtime in itself.</summary>
    private static string? Muxer()
    {
        // ROOT/shared/Microsoft.NETCore.App/VERSION/Microsoft.NETCore.App.deps.json
        if (AppContext.GetData("FX_DEPS_FILE") is not string framework)
            return null;
        string muxer = Path.GetFullPath(Path.Join(Path.GetDirectoryName(framework), "../../../dotnet"));
        return File.Exists(muxer) ? muxer : null;
    }
}
