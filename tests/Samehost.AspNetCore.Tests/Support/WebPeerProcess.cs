using System.Diagnostics;
using System.Reflection;
using System.Runtime.InteropServices;

namespace Samehost.AspNetCore.Tests.Support;

/// <summary>A running Samehost.WebPeer: a server with its own limits, or a client of another user.</summary>
internal sealed class WebPeerProcess : IDisposable
{
    public const uint OtherUser = 12345;

    private readonly Process _process;

    private WebPeerProcess(Process process) => _process = process;

    public int Id => _process.Id;

    private static string AssemblyPath { get; } = Path.GetFullPath(typeof(WebPeerProcess).Assembly
        .GetCustomAttributes<AssemblyMetadataAttribute>().Single(a => a.Key == "WebPeerPath").Value!, AppContext.BaseDirectory);

    private static string Host { get; } = Path.GetFullPath("../../../dotnet", RuntimeEnvironment.GetRuntimeDirectory());

    public static WebPeerProcess StartWithDescriptors(int limit, params string[] arguments) =>
        Launch(["/bin/sh", "-c", $"ulimit -n {limit}; exec \"$@\"", "sh", Host, "exec", AssemblyPath, .. arguments]);

    /// <summary>Runs it as another user, from a copy, because that user may not read the build output; returns its output.</summary>
    public static async Task<string> AskAsAsync(uint user, string directory, params string[] arguments)
    {
        Assert.SkipUnless(Environment.IsPrivilegedProcess, "run the tests as root: an ordinary user cannot become another");
        var copy = Path.Join(directory, "peer");
        if (!Directory.Exists(copy))
        {
            Directory.CreateDirectory(copy).UnixFileMode = (UnixFileMode)0b111_101_101;
            foreach (var file in Directory.GetFiles(Path.GetDirectoryName(AssemblyPath)!))
            {
                var to = Path.Join(copy, Path.GetFileName(file));
                File.Copy(file, to);
                File.SetUnixFileMode(to, (UnixFileMode)0b110_100_100);
            }
        }

        using var peer = Launch(["setpriv", "--reuid", $"{user}", "--regid", $"{user}", "--clear-groups", "env", $"HOME={directory}",
            Host, "exec", Path.Join(copy, Path.GetFileName(AssemblyPath)), "ask", .. arguments]);
        return await peer.ReadLineAsync() ?? "nothing";
    }

    public async Task<string?> ReadLineAsync() =>
        await _process.StandardOutput.ReadLineAsync(TestContext.Current.CancellationToken);

    public async Task<int> FinishAsync()
    {
        _process.StandardInput.Close();
        await _process.WaitForExitAsync(TestContext.Current.CancellationToken);
        return _process.ExitCode;
    }

    public void Dispose()
    {
        _process.Kill();
        _process.WaitForExit();
        _process.Dispose();
    }

    private static WebPeerProcess Launch(IReadOnlyList<string> command) =>
        new(Process.Start(new ProcessStartInfo(command[0], command.Skip(1))
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
        })!);
}
