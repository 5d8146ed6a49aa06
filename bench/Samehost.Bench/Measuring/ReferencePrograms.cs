using System.ComponentModel;
using System.Diagnostics;
using System.Text.RegularExpressions;

namespace Samehost.Bench.Measuring;

/// <summary>The programs of bench/reference, compiled on this machine at start. What has no library or compiler here is absent.</summary>
internal sealed partial class ReferencePrograms
{
    private readonly Workspace _workspace;
    private readonly Dictionary<string, string> _absent = [];

    public ReferencePrograms(Workspace workspace)
    {
        _workspace = workspace;
        Compiler = FirstLine("cc", "--version") ?? throw new BenchException(
            "the references are C programs and there is no C compiler called cc: install the Debian packages gcc and libc6-dev");
        GoCompiler = FirstLine("go", "version");
        string directory = Path.Combine(AppContext.BaseDirectory, "reference");
        foreach (string source in Directory.GetFiles(directory, "*.c"))
            CompileC(source);
        CompileGo(Path.Combine(directory, "echo_server.go"), "echo_server_go");
    }

    public string Compiler { get; }

    public string? GoCompiler { get; }

    public Command Command(string name, params IReadOnlyList<string> arguments) => new(_workspace.PathOf(name), arguments);

    /// <summary>Why a program is not there, or null when it is.</summary>
    public string? WhyAbsent(string name) => _absent.GetValueOrDefault(name);

    // The first line of a source says which library and package it needs, if any: "// cc: -lzmq (Debian package libzmq3-dev)".
    private void CompileC(string source)
    {
        string name = Path.GetFileNameWithoutExtension(source);
        Match needs = Needs().Match(File.ReadLines(source).First());
        string[] library = needs.Success ? [needs.Groups["option"].Value] : [];
        (int status, string errors) = Run("cc", ["-O2", "-o", _workspace.PathOf(name), source, .. library])!.Value;
        if (status != 0 && !needs.Success)
            throw new BenchException($"cc failed: {errors}");
        if (status != 0)
            _absent[name] = $"install the Debian package {needs.Groups["package"].Value}";
    }

    private void CompileGo(string source, string name)
    {
        if (GoCompiler is null)
            _absent[name] = "install the Debian package golang-go";
        else if (Run("go", ["build", "-o", _workspace.PathOf(name), source]) is { Status: not 0 } failed)
            _absent[name] = $"go build failed: {failed.Text.ReplaceLineEndings(" ")}";
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
            Task<string> errors = process.StandardError.ReadToEndAsync();
            string output = process.StandardOutput.ReadToEnd();
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
