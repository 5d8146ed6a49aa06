using System.Diagnostics;
using System.Reflection;
using System.Runtime.InteropServices;
using System.Text;
using Samehost.Tests.Support;
using Xunit;

// Not in Support: the library has a type of that name, and the nearer namespace wins.
namespace Samehost.Tests;

/// <summary>A running Samehost.TestPeer: a second process that binds, holds, races or crashes.</summary>
internal sealed class PeerProcess : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan LastPatience = TimeSpan.FromSeconds(5);

    private readonly Process _process;
    private readonly StringBuilder _errors = new();
    private readonly Task _errorsEnd;

    private PeerProcess(Process process)
    {
        _process = process;
        _errorsEnd = KeepErrorsAsync();
    }

    public int Id => _process.Id;

    /// <summary>The assembly, where this build put it.</summary>
    public static string AssemblyPath { get; } = Path.GetFullPath(typeof(PeerProcess).Assembly
        .GetCustomAttributes<AssemblyMetadataAttribute>().Single(a => a.Key == "TestPeerPath").Value!, AppContext.BaseDirectory);

    private static string Host { get; } = Path.GetFullPath("../../../dotnet", RuntimeEnvironment.GetRuntimeDirectory());

    /// <summary>Starts it, with the peer's arguments.</summary>
    public static PeerProcess Start(params string[] arguments) => Launch([Host, "exec", AssemblyPath, .. arguments]);

    /// <summary>Starts it under a umask such as "022".</summary>
    public static PeerProcess StartWithUmask(string umask, params string[] arguments) =>
        Launch(["/bin/sh", "-c", $"umask {umask}; exec \"$@\"", "sh", Host, "exec", AssemblyPath, .. arguments]);

    /// <summary>Starts it with this descriptor limit; where the limit may not be raised, with the system's.</summary>
    public static PeerProcess StartWithDescriptors(int limit, params string[] arguments) =>
        Launch(["/bin/sh", "-c", $"ulimit -n {limit} 2>/dev/null; exec \"$@\"", "sh", Host, "exec", AssemblyPath, .. arguments]);

    /// <summary>Starts it as an ordinary user: <see cref="OrdinaryUser"/> where the tests run as root, otherwise the same user.</summary>
    public static PeerProcess StartAsOrdinaryUser(TestDirectory directory, params string[] arguments) =>
        StartUnder(directory, OrdinaryUser.Prefix, arguments);

    /// <summary>Starts it under another program, such as setpriv or unshare.</summary>
    public static PeerProcess StartUnder(TestDirectory directory, string[] prefix, params string[] arguments)
    {
        // The build may lie where that user cannot go, so it gets a copy.
        var copy = directory["peer"];
        if (!Directory.Exists(copy))
        {
            directory.MakeDirectory("peer", 0b111_101_101);
            foreach (var file in Directory.GetFiles(Path.GetDirectoryName(AssemblyPath)!))
            {
                var to = Path.Combine(copy, Path.GetFileName(file));
                File.Copy(file, to, overwrite: true);
                File.SetUnixFileMode(to, (UnixFileMode)0b110_100_100);
            }
        }

        return Launch([.. prefix, Host, "exec", Path.Combine(copy, Path.GetFileName(AssemblyPath)), .. arguments]);
    }

    public async Task<string?> ReadLineAsync() => await _process.StandardOutput.ReadLineAsync().WaitAsync(Patience);

    public async Task ExpectAsync(string line)
    {
        var said = await ReadLineAsync();
        if (said != line)
            Assert.Fail($"The peer was to say '{line}', and {(said is null ? "ended" : $"said '{said}'")}. {await LastWordsAsync()}");
    }

    /// <summary>For a test that fails: ends the peer, and reports its remaining output and how it ended.</summary>
    public async Task<string> LastWordsAsync()
    {
        try
        {
            await FinishAsync(LastPatience);
        }
        catch (TimeoutException)
        {
            await KillAsync();
        }

        var output = await _process.StandardOutput.ReadToEndAsync().WaitAsync(Patience);
        await _errorsEnd.WaitAsync(LastPatience).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing); // a child of its own may have it
        lock (_errors)
            return $"Exit status {_process.ExitCode}, standard output: '{output.Trim()}', standard error: '{_errors.ToString().Trim()}'";
    }

    /// <summary>Sends a line and returns the answer.</summary>
    public async Task<string?> AskAsync(string line)
    {
        Send(line);
        return await ReadLineAsync();
    }

    public void Send(string line)
    {
        _process.StandardInput.WriteLine(line);
        _process.StandardInput.Flush();
    }

    /// <summary>Ends its input, which ends it, and waits.</summary>
    public async Task<int> FinishAsync(TimeSpan? patience = null)
    {
        _process.StandardInput.Close();
        return await WaitAsync(patience);
    }

    public async Task<int> WaitAsync(TimeSpan? patience = null)
    {
        await _process.WaitForExitAsync().WaitAsync(patience ?? Patience);
        return _process.ExitCode;
    }

    /// <summary>SIGKILL.</summary>
    public async Task KillAsync()
    {
        _process.Kill();
        await WaitAsync();
    }

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
            await KillAsync();
        _process.Dispose();
    }

    /// <summary>Keeps what it writes to its standard error, and passes it on to ours.</summary>
    private async Task KeepErrorsAsync()
    {
        using var errors = _process.StandardError;
        while (await errors.ReadLineAsync() is { } line)
        {
            await Console.Error.WriteLineAsync(line);
            lock (_errors)
                _errors.AppendLine(line);
        }
    }

    private static PeerProcess Launch(IReadOnlyList<string> command)
    {
        var start = new ProcessStartInfo(command[0], command.Skip(1))
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        return new PeerProcess(Process.Start(start)!);
    }
}
