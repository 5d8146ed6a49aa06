using System.ComponentModel;
using System.Diagnostics;
using System.Text.RegularExpressions;

namespace Samehost.Bench.Measuring;

/// <summary>The programs of bench/reference, compiled at start. Those whose library or compiler is not installed are missing.</summary>
internal sealed partial class ReferencePrograms
{
    private readonly TempDirectory _tempDirectory;
    private readonly Dictionary<string, string> _missing = [];

    public ReferencePrograms(TempDirectory tempDirectory)
    {
        _tempDirectory = tempDirectory;
        Compiler = FirstLine("cc", "--version") ?? throw new BenchException(
            "the references are C programs and there is no C compiler called cc: install the Debian packages gcc and libc6-dev");
        GoCompiler = FirstLine("go", "version");
        var directory = Path.Combine(AppContext.BaseDirectory, "reference");
        foreach (var source in Directory.GetFiles(directory, "*.c"))
            CompileC(source);
        CompileGo(Path.Combine(directory, "echo_server.go"), "echo_server_go");
    }

    public string Compiler { get; }

    public string? GoCompiler { get; }

    public Command Command(string name, params IReadOnlyList<string> arguments) => new(_tempDirectory.PathOf(name), arguments);

    /// <summary>Returns why a program is missing; null when it is not.</summary>
    public string? GetMissingReason(string name) => _missing.GetValueOrDefault(name);

    // The first line of a source names the library and package that it needs, if any: "// cc: -lzmq (Debian package libzmq3-dev)".
    private void CompileC(string source)
    {
        var name = Path.GetFileNameWithoutExtension(source);
        var needs = Needs().Match(File.ReadLines(source).First());
        string[] library = needs.Success ? [needs.Groups["option"].Value] : [];
        var (status, errors) = Run("cc", ["-O2", "-o", _tempDirectory.PathOf(name), source, .. library])!.Value;
        if (status != 0 && !needs.Success)
            throw new BenchException($"cc failed: {errors}");
        if (status != 0)
            _missing[name] = $"install the Debian package {needs.Groups["package"].Value}";
    }

    private void CompileGo(string source, string name)
    {
        if (GoCompiler is null)
            _missing[name] = "install the Debian package golang-go";
        else if (Run("go", ["build", "-o", _tempDirectory.PathOf(name), source]) is { Status: not 0 } failed)
            _missing[name] = $"go build failed: {failed.Text.ReplaceLineEndings(" ")}";
    }

    private static string? FirstLine(string program, string argument) =>
        Run(program, [argument]) is { Status: 0 } run ? run.Text.Split('\n')[0] : null;

    private static (int Status, string Text)? Run(string program, IEnumerable<string> arguments)
    {
        try
        {
            using var process = ChildStart.Start(new ProcessStartInfo(program, arguments)
            {
                RedirectStandardOutput = true,
                RedirectStandardError = true,
            });
            var errors = process.StandardError.ReadToEndAsync();
            var output = process.StandardOutput.ReadToEnd();
            process.WaitForExit();
            return (process.ExitCode, process.ExitCode == 0 ? output : errors.GetAwaiter().GetResult().Trim());
        }
        catch (Win32Exception)
        {
            return null;
        }
    }

    [GeneratedRegex(@"^// cc: (?<option>-l\w+) \(Debian package (?<package>[\w-]+)\)")]
    private static partial Regex Needs();
}

/// <summary>Programs that are installed on this machine, and native programs of this repository.</summary>
internal static class InstalledPrograms
{
    public const string HowToBuildNative =
        "build it with dotnet build build/native.proj, and say with --programs or SAMEHOST_PROGRAMS where it is";

    /// <summary>Returns the path of a program in PATH; null when there is none.</summary>
    public static string? FindInPath(string name) => (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':')
        .Select(directory => Path.Join(directory, name)).FirstOrDefault(File.Exists);

    /// <summary>
    /// Returns the path of a native program of this repository; null when its directory was not given or it was not built.
    /// </summary>
    public static string? FindNative(Settings settings, string name) =>
        settings.ProgramDirectory is { } directory && Path.GetFullPath(Path.Join(directory, name)) is var path && File.Exists(path)
            ? path : null;
}
