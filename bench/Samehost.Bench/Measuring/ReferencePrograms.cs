using System.ComponentModel;
using System.Diagnostics;

namespace Samehost.Bench.Measuring;

/// <summary>The C programs of bench/reference, compiled on this machine at start.</summary>
internal sealed class ReferencePrograms
{
    private readonly Workspace _workspace;

    public ReferencePrograms(Workspace workspace)
    {
        _workspace = workspace;
        foreach (string source in Directory.GetFiles(Path.Combine(AppContext.BaseDirectory, "reference"), "*.c"))
            Compile("-O2", "-o", PathOf(Path.GetFileNameWithoutExtension(source)), source);
        Compiler = Compile("--version").Split('\n')[0];
    }

    public string Compiler { get; }

    public Command Command(string name, params IReadOnlyList<string> arguments) => new(PathOf(name), arguments);

    private static string Compile(params IEnumerable<string> arguments)
    {
        try
        {
            using var cc = Process.Start(new ProcessStartInfo("cc", arguments)
            {
                RedirectStandardOutput = true,
                RedirectStandardError = true,
            })!;
            Task<string> errors = cc.StandardError.ReadToEndAsync();
            string output = cc.StandardOutput.ReadToEnd();
            cc.WaitForExit();
            return cc.ExitCode == 0 ? output : throw new BenchException($"cc failed: {errors.GetAwaiter().GetResult().Trim()}");
        }
        catch (Win32Exception)
        {
            throw new BenchException(
                "the references are C programs and there is no C compiler called cc: install the Debian packages gcc and libc6-dev");
        }
    }

    private string PathOf(string name) => _workspace.PathOf(name);
}
