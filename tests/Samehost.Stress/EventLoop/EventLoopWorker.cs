using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using Samehost.Stress.Running;

namespace Samehost.Stress.EventLoop;

/// <summary><c>event-loop SEED THREADS</c>: the process under stress. Replies to <c>counts</c> and <c>stop</c>.</summary>
internal static class EventLoopWorker
{
    private const int TransfersOfEachKind = 6;

    private static readonly TimeSpan ProgressTimeout = TimeSpan.FromSeconds(20);

    public static async Task RunAsync(string[] arguments)
    {
        var random = new Random(int.Parse(arguments[0], CultureInfo.InvariantCulture));
        var threads = int.Parse(arguments[1], CultureInfo.InvariantCulture);
        // The maximum cannot be less than the number of processors.
        ThreadPool.SetMinThreads(1, 1);
        ThreadPool.SetMaxThreads(Math.Max(threads, Environment.ProcessorCount), Environment.ProcessorCount);

        var stress = new Stress();
        for (var i = 0; i < TransfersOfEachKind; i++)
        {
            stress.Add(new StreamTransfer(new Random(random.Next())));
            stress.Add(new RecordTransfer(new Random(random.Next()), seqpacket: i % 2 == 0));
            stress.Add(new ClosingTransfer(new Random(random.Next())));
        }
        // On threads of their own, because the thread pool is small.
        StartThread(() =>
        {
            while (!stress.IsOver)
            {
                GC.Collect(Random.Shared.Next(3), GCCollectionMode.Forced, blocking: Random.Shared.Next(4) > 0);
                stress.Count("collections");
                Thread.Yield();
            }
        });
        StartThread(stress.MonitorProgress);
        WorkerConsole.WriteLine("ready");
        foreach (var line in WorkerConsole.ReadLines())
        {
            if (line == "stop")
                await stress.StopAsync();
            WorkerConsole.WriteLine(stress.Report());
        }
    }

    private static void StartThread(Action action) => new Thread(() => action()) { IsBackground = true }.Start();

    /// <summary>The transfers of the process and their counts.</summary>
    private sealed class Stress
    {
        private readonly ConcurrentDictionary<string, long> _counts = new();
        private readonly List<Transfer> _transfers = [];
        private readonly List<Task> _tasks = [];
        private readonly CancellationTokenSource _over = new();
        private string? _failure;

        public bool IsOver => _over.IsCancellationRequested;

        public void Count(string what, long number = 1) => _counts.AddOrUpdate(what, number, (_, old) => old + number);

        public void Add(Transfer transfer)
        {
            _transfers.Add(transfer);
            _tasks.Add(Task.Run(async () =>
            {
                try
                {
                    await transfer.RunAsync(Count, _over.Token);
                }
                catch (Exception e)
                {
                    Fail($"{transfer}: {e}");
                }
            }));
        }

        public string Report()
        {
            if (Volatile.Read(ref _failure) is { } failure)
                return $"failed {failure.ReplaceLineEndings(" ")}";
            var counts = _counts.Keys.Order().Select(
                what => string.Create(CultureInfo.InvariantCulture, $"{(_counts.TryRemove(what, out var number) ? number : 0)} {what}"));
            return string.Join(',', counts.DefaultIfEmpty("0 calls"));
        }

        public async Task StopAsync()
        {
            await _over.CancelAsync();
            await Task.WhenAll(_tasks).WaitAsync(ProgressTimeout).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            if (!_tasks.TrueForAll(static t => t.IsCompleted))
                Fail("A call does not end after its socket was closed.");
        }

        /// <summary>Checks that each transfer makes progress.</summary>
        public void MonitorProgress()
        {
            var seen = new Dictionary<Transfer, (long Progress, long Since)>();
            while (!IsOver)
            {
                _over.Token.WaitHandle.WaitOne(500);
                foreach (var transfer in _transfers)
                {
                    var progress = transfer.Progress;
                    if (!seen.TryGetValue(transfer, out var last) || last.Progress != progress)
                        seen[transfer] = (progress, Stopwatch.GetTimestamp());
                    else if (Stopwatch.GetElapsedTime(last.Since) > ProgressTimeout)
                        Fail($"{transfer} has made no progress for {ProgressTimeout.TotalSeconds} s.");
                }
            }
        }

        private void Fail(string failure) => Interlocked.CompareExchange(ref _failure, failure, null);
    }
}
