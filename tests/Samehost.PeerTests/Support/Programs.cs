using Samehost.PeerTests.Interop;

namespace Samehost.PeerTests.Support;

/// <summary>The paths of the executables: those built with these tests, or native ones in the directory SAMEHOST_PROGRAMS.</summary>
internal static class Programs
{
    public static string StreamServer => Find("unixstreamserver");

    public static string StreamClient => Find("unixstreamclient");

    public static string DataServer => Find("unixdataserver");

    public static string DataClient => Find("unixdataclient");

    /// <summary>The command-line tool.</summary>
    public static string Tool => Environment.GetEnvironmentVariable("SAMEHOST_PROGRAMS") is { Length: > 0 }
        ? Find("samehost") : Path.Join(Path.GetDirectoryName(Build("src", "Samehost.Tool")), "samehost");

    /// <summary>Samehost.TestPeer, for tests of a started process.</summary>
    public static string TestPeer => Build("tests", "Samehost.TestPeer");

    /// <summary>The directory of the runtime of these tests, for executables that need one.</summary>
    public static string RuntimeRoot { get; } =
        Path.GetFullPath(Path.Join(Path.GetDirectoryName(typeof(object).Assembly.Location), "../../.."));

    public static string Find(string name)
    {
        if (Environment.GetEnvironmentVariable("SAMEHOST_PROGRAMS") is { Length: > 0 } directory)
        {
            var nested = Path.GetFullPath(Path.Join(directory, name, name));
            return File.Exists(nested) ? nested : Path.GetFullPath(Path.Join(directory, name));
        }

        return Build("programs", name);
    }

    /// <summary>Returns the path of a sample, which is not built natively here.</summary>
    public static string Sample(string name, string folder = "") => Build(Path.Join("samples", folder), name);

    // …/tests/Samehost.PeerTests/bin/CONFIGURATION/FRAMEWORK/ has the configuration of the programs.
    private static string Build(string folder, string name)
    {
        var framework = new DirectoryInfo(AppContext.BaseDirectory.TrimEnd('/'));
        var configuration = framework.Parent!;
        var root = configuration.Parent!.Parent!.Parent!.Parent!.FullName;
        return Path.Join(root, folder, name, "bin", configuration.Name, framework.Name, name);
    }
}

/// <summary>Runs a program as the user nobody, which needs root.</summary>
internal static class OrdinaryUser
{
    private const string Nobody = "65534";

    public static void NeedRoot()
    {
        if (LibcSignal.EffectiveUser() != 0)
            Assert.Skip("run the tests as root: only root can start a program as another user");
    }

    /// <summary>
    /// Starts a copy of the program, because the build directory may be in a home directory that other users cannot access.
    /// </summary>
    public static RunningProgram Start(TestFolder folder, string program, params string[] arguments)
    {
        var copies = folder["programs"];
        Open(folder.Root);
        Open(Directory.CreateDirectory(copies).FullName);
        var source = Path.GetDirectoryName(program)!;
        foreach (var file in Directory.EnumerateFiles(source))
        {
            var copy = Path.Join(copies, Path.GetFileName(file));
            File.Copy(file, copy, overwrite: true);
            Open(copy);
        }
        string[] user = [$"--reuid={Nobody}", $"--regid={Nobody}", "--clear-groups", "env", $"TMPDIR={Path.GetTempPath()}"];
        return RunningProgram.Start(ForeignProgram.SetPriv, [.. user, Path.Join(copies, Path.GetFileName(program)), .. arguments]);
    }

    private static void Open(string path) => File.SetUnixFileMode(path, (UnixFileMode)Convert.ToInt32("755", 8));
}

/// <summary>Programs that systemd-socket-activate starts when the first client connects.</summary>
internal static class SocketActivation
{
    /// <summary>Starts it and waits until the sockets whose paths are in <paramref name="options"/> listen.</summary>
    public static async Task<RunningProgram> StartAsync(string[] options, params string[] command)
    {
        string[] passOn = [$"--setenv=DOTNET_ROOT={Programs.RuntimeRoot}", "--setenv=PATH", "--setenv=HOME=/tmp"];
        var program = RunningProgram.Start(ForeignProgram.SystemdSocketActivate, [.. passOn, .. options, .. command]);
        foreach (var path in options.Where(o => o.StartsWith('/')))
            await SocketTable.WaitForServerAsync(path);
        return program;
    }
}
