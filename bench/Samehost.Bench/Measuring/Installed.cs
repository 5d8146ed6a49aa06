namespace Samehost.Bench.Measuring;

/// <summary>Programs that are measured as they are on this machine.</summary>
internal static class Installed
{
    public const string HowToBuildNative =
        "build it with dotnet build build/native.proj, and say with --programs or SAMEHOST_PROGRAMS where it is";

    /// <summary>The path of a program that the shell would find; null when there is none.</summary>
    public static string? Program(string name) => (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':')
        .Select(directory => Path.Join(directory, name)).FirstOrDefault(File.Exists);

    /// <summary>The path of a native program of ours; null when it was not built, or nobody said where.</summary>
    public static string? Native(Settings settings, string name) =>
        settings.ProgramDirectory is { } directory && Path.GetFullPath(Path.Join(directory, name)) is var path && File.Exists(path)
            ? path : null;
}
