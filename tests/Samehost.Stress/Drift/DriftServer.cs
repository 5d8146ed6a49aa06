using System.Globalization;
using System.Runtime;
using Samehost.Stress.Running;

namespace Samehost.Stress.Drift;

/// <summary>
/// <c>drift-server PATH</c>: an echo server. Replies to <c>counts</c> with its connections, descriptors, threads, managed bytes and
/// resident bytes; at <c>restart</c> it starts and stops a second server.
/// </summary>
internal static class DriftServer
{
    public static async Task RunAsync(string[] arguments)
    {
        await using var server = UnixServer.Start(UnixEndPoint.FromPath(arguments[0]), EchoAsync);
        WorkerConsole.WriteLine("ready");
        foreach (var line in WorkerConsole.ReadLines())
        {
            if (line == "restart")
                await RestartAsync(arguments[0] + "2");
            WorkerConsole.WriteLine(line == "counts" ? Counts(server) : "done");
        }
    }

    private static string Counts(UnixServer server)
    {
        GCSettings.LargeObjectHeapCompactionMode = GCLargeObjectHeapCompactionMode.CompactOnce;
        GC.Collect(2, GCCollectionMode.Aggressive, blocking: true, compacting: true);
        GC.WaitForPendingFinalizers();
        GC.Collect();
        var descriptors = Directory.GetFileSystemEntries("/proc/self/fd").Length;
        var threads = Directory.GetDirectories("/proc/self/task").Length;
        return string.Create(
            CultureInfo.InvariantCulture,
            $"{server.ConnectionCount} {descriptors} {threads} {GC.GetTotalMemory(false)} {Environment.WorkingSet}");
    }

    private static async Task RestartAsync(string path)
    {
        await using var server = UnixServer.Start(UnixEndPoint.FromPath(path), EchoAsync);
        await using var client = await UnixStream.ConnectAsync(UnixEndPoint.FromPath(path));
        await client.WriteAsync(new byte[] { 1 });
        await client.ReadExactlyAsync(new byte[1]);
    }

    private static async Task EchoAsync(UnixStream stream, CancellationToken stopping)
    {
        var buffer = new byte[4096];
        while (await stream.ReadAsync(buffer, stopping) is > 0 and var count)
            await stream.WriteAsync(buffer.AsMemory(0, count), stopping);
    }
}
