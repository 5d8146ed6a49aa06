using System.Diagnostics;
using System.Globalization;
using System.Text;
using Samehost.Stress.Running;

namespace Samehost.Stress.Starters;

/// <summary>
/// <c>starter PATH</c>: at <c>race TIMESTAMP</c> starts a server at that time and replies <c>won</c> or <c>lost ERRNO MESSAGE</c>; at
/// <c>stop</c> stops it. The server sends its process id to each client.
/// </summary>
internal static class Starter
{
    public static async Task RunAsync(string[] arguments)
    {
        UnixServer? server = null;
        var options = new UnixServerOptions
        {
            // The lock may be held by the attacker, too.
            Listener = new UnixListenerOptions { SocketFile = new SocketFileOptions { LockTimeout = TimeSpan.FromSeconds(5) } },
        };
        WorkerConsole.WriteLine("ready");
        foreach (var line in WorkerConsole.ReadLines())
        {
            if (line == "stop")
            {
                await server!.DisposeAsync();
                server = null;
                WorkerConsole.WriteLine("stopped");
                continue;
            }
            WaitUntil(long.Parse(line.AsSpan("race ".Length), CultureInfo.InvariantCulture));
            try
            {
                server = UnixServer.Start(UnixEndPoint.FromPath(arguments[0]), SendProcessIdAsync, options);
                WorkerConsole.WriteLine("won");
            }
            catch (UnixSocketException e)
            {
                WorkerConsole.WriteLine($"lost {e.Errno} {e.Message.ReplaceLineEndings(" ")}");
            }
        }
        if (server is not null)
            await server.DisposeAsync();
    }

    private static async Task SendProcessIdAsync(UnixStream stream, CancellationToken stopping) =>
        await stream.WriteAsync(Encoding.ASCII.GetBytes($"{Environment.ProcessId}\n"), stopping);

    /// <summary>Waits without sleeping, so that all processes start at the same time.</summary>
    private static void WaitUntil(long timestamp)
    {
        while (Stopwatch.GetTimestamp() < timestamp)
            Thread.Yield();
    }
}
