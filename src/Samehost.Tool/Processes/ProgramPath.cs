using Samehost.Tool.Commands;

namespace Samehost.Tool.Processes;

/// <summary>Looks whether a program can be run at all, before any client comes.</summary>
internal static class ProgramPath
{
    private const UnixFileMode Executable = UnixFileMode.UserExecute | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute;

    /// <exception cref="ToolException">There is no such program.</exception>
    public static void Check(string name)
    {
        if (name.Length == 0)
            throw new ToolException("the name of the program to run is empty", ExitStatus.Usage);
        if (name.Contains('/', StringComparison.Ordinal))
        {
            if (!IsExecutable(name))
            {
                string problem = File.Exists(name) ? "it is not executable" : Directory.Exists(name) ? "it is a directory" : "no such file";
                throw new ToolException($"cannot run {name}: {problem}");
            }
            return;
        }
        string[] directories = (Environment.GetEnvironmentVariable("PATH") ?? "/usr/bin:/bin").Split(':');
        if (!directories.Any(directory => IsExecutable(Path.Join(directory, name))))
            throw new ToolException($"cannot run {name}: there is no such program in PATH");
    }

    private static bool IsExecutable(string path) => File.Exists(path) && (File.GetUnixFileMode(path) & Executable) != 0;
}
