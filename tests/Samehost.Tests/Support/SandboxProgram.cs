using System.Diagnostics;

namespace Samehost.Tests.Support;

/// <summary>The program of sandbox.c, which restricts itself and then executes another one; compiled when a test first needs it.</summary>
internal static class SandboxProgram
{
    private static readonly Lazy<string> Compiled = new(Compile);

    /// <summary>What to put before a command to run it under these restrictions.</summary>
    public static string[] With(params string[] restrictions)
    {
        if (!Array.Exists((Environment.GetEnvironmentVariable("PATH") ?? "").Split(':'), d => File.Exists(Path.Join(d, "cc"))))
            Xunit.Assert.Skip("install the Debian package gcc");
        Xunit.Assert.SkipWhen(restrictions.Contains("landlock") && !HasLandlock(), "start a kernel with Landlock (lsm=landlock)");
        return [Compiled.Value, .. restrictions, "--"];
    }

    private static bool HasLandlock()
    {
        using var run = Process.Start(Compiled.Value, ["landlock", "--", "true"]);
        run.WaitForExit();
        return run.ExitCode == 0;
    }

    private static string Compile()
    {
        var folder = Directory.CreateTempSubdirectory("sandbox-").FullName;
        AppDomain.CurrentDomain.ProcessExit += (_, _) => Directory.Delete(folder, recursive: true);
        var program = Path.Join(folder, "sandbox");
        using var compiler = Process.Start("cc", ["-O1", "-Wall", "-o", program, Path.Join(AppContext.BaseDirectory, "sandbox.c")]);
        compiler.WaitForExit();
        Xunit.Assert.Equal(0, compiler.ExitCode);
        // Other users execute it too.
        foreach (var path in (string[])[folder, program])
            File.SetUnixFileMode(path, (UnixFileMode)0b111_101_101);
        return program;
    }
}
