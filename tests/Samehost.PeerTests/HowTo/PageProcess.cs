using System.Diagnostics;

namespace Samehost.PeerTests.HowTo;

/// <summary>The result of a program that was run to its end, with an empty standard input.</summary>
internal sealed record PageProcess(int Status, string Output, string Errors)
{
    public static readonly TimeSpan Limit = TimeSpan.FromSeconds(60);

    public static async Task<PageProcess> RunAsync(
        string directory, IReadOnlyDictionary<string, string> environment, string file, params string[] arguments)
    {
        var start = new ProcessStartInfo(file, arguments)
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = directory,
        };
        // Variables of systemd that the tests have inherited must not affect the page.
        foreach (var name in start.Environment.Keys.Where(IsOfSystemd).ToArray())
            start.Environment.Remove(name);
        foreach (var (name, value) in environment)
            start.Environment[name] = value;

        using var process = Process.Start(start)!;
        process.StandardInput.Close();
        var output = process.StandardOutput.ReadToEndAsync();
        var errors = process.StandardError.ReadToEndAsync();
        using var limit = new CancellationTokenSource(Limit);
        try
        {
            await process.WaitForExitAsync(limit.Token);
        }
        catch (OperationCanceledException)
        {
            process.Kill(entireProcessTree: true);
            Assert.Fail($"It has not exited after {Limit.TotalSeconds} seconds. It printed:\n{await output}{await errors}");
        }

        return new PageProcess(process.ExitCode, await output, await errors);
    }

    private static bool IsOfSystemd(string name) =>
        name is "NOTIFY_SOCKET" or "WATCHDOG_USEC" or "WATCHDOG_PID" || name.StartsWith("LISTEN_", StringComparison.Ordinal);
}
