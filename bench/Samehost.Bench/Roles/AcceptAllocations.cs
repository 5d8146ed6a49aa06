using Samehost.Bench.Measuring;

namespace Samehost.Bench.Roles;

/// <summary>Servers that count what an accepted connection leaves for the collector; the clients are another process.</summary>
internal static class AcceptAllocations
{
    private const int Warmup = 5_000;
    private const int Counted = 5_000;

    private static readonly Dictionary<string, Func<UnixEndPoint, Task>> All = new()
    {
        ["listener: Accept and Dispose"] = Blocking,
        ["listener: AcceptAsync and DisposeAsync"] = Asynchronous,
        ["UnixServer: accept, policy, an empty handler"] = Server,
    };

    public static IEnumerable<string> Names => All.Keys;

    public static Task Run(string[] arguments) => All[arguments[0]](UnixEndPoint.FromPath(arguments[1]));

    private static Task Blocking(UnixEndPoint endPoint)
    {
        using var listener = UnixListener.Listen(endPoint);
        Roles.SayReady();
        for (var count = new Count(); !count.IsOver();)
            listener.Accept().Dispose();
        return Task.CompletedTask;
    }

    private static async Task Asynchronous(UnixEndPoint endPoint)
    {
        using var listener = UnixListener.Listen(endPoint);
        Roles.SayReady();
        for (var count = new Count(); !count.IsOver();)
            await (await listener.AcceptAsync()).DisposeAsync();
    }

    private static async Task Server(UnixEndPoint endPoint)
    {
        var over = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var count = new Count();
        await using var server = UnixServer.Start(endPoint, (_, _) =>
        {
            if (count.IsOver())
                over.TrySetResult();
            return Task.CompletedTask;
        });
        Roles.SayReady();
        await over.Task;
    }

    /// <summary>Counts connections; the clients make them one after the other.</summary>
    private sealed class Count
    {
        private int _done;
        private long _before;

        public bool IsOver()
        {
            if (_done == Warmup)
                _before = GC.GetTotalAllocatedBytes(precise: true);
            if (_done++ != Warmup + Counted)
                return false;
            long allocated = GC.GetTotalAllocatedBytes(precise: true) - _before;
            Console.WriteLine($"{ResultLine.Start}operations={Counted} allocated={allocated}");
            return true;
        }
    }
}
