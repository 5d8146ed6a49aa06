using System.Diagnostics;
using System.Globalization;
using System.Text;
using Samehost.Stress.Running;

namespace Samehost.Stress.Starters;

/// <summary>
/// <c>starter PATH</c>: for the line <c>race TIMESTAMP</c> starts a server at that moment and says <c>won</c> or
/// <c>lost ERRNO MESSAGE</c>; for <c>stop</c> stops it. The server says its process number to each client.
/// </summary>
internal static class Starter
{
    public static async Task RunAsync(string[] arguments)
    {
        UnixServer? server = null;
        var options = new UnixServerOptions
        {
            // The attacker's clients are other users; they are refused like any.
            Listener = new UnixListenerOptions { SocketFile = new SocketFileOptions { LockTimeout = TimeSpan.FromSeconds(5) } },
        };
        WorkerInput.Say("ready");
        foreach (var line in WorkerInput.Lines())
        {
            if (line == "stop")
            {
                await server!.DisposeAsync();
                server = null;
                WorkerInput.Say("stopped");
                continue;
            }
            WaitUntil(long.Parse(line.AsSpan("race ".Length), CultureInfo.InvariantCulture));
            try
            {
                server = UnixServer.Start(UnixEndPoint.FromPath(arguments[0]), SayNumberAsync, options);
                WorkerInput.Say("won");
            }
            catch (UnixSocketException e)
            {
                WorkerInput.Say($"lost {e.Errno} {e.Message.ReplaceLineEndings(" ")}");
            }
        }
        if (server is not null)
            await server.DisposeAsync();
    }

    private static async Task SayNumberAsync(UnixStream stream, CancellationToken stopping) =>
        await stream.WriteAsync(Encoding.ASCII.GetBytes($"{Environment.ProcessId}\n"), stopping);

    /// <summary>Spins: the clock is the same in every process, and all start in the same moment.</summary>
    private static void WaitUntil(long timestamp)
    {
        while (Stopwatch.GetTimestamp() < timestamp)
            Thread.Yield();
    }
}
