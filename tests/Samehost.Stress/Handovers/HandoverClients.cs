using System.Text;
using Samehost.Framing;
using Samehost.Stress.Running;

namespace Samehost.Stress.Handovers;

/// <summary>
/// Clients that ask without pause, over a connection for each request and over long ones. Each request is answered once and rightly, or
/// fails; only a disturbance may make it fail.
/// </summary>
internal sealed class HandoverClients(CampaignRun run, UnixEndPoint address)
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    private readonly CancellationTokenSource _over = new();
    private readonly TaskCompletionSource _failed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private Task[] _tasks = [];
    private int _disturbances;
    private int _epoch;
    private int _number;

    /// <summary>Fails when a client finds something that must not be.</summary>
    public Task Failed => _failed.Task;

    public void Start(int each) => _tasks =
    [
        .. Enumerable.Range(0, each).Select(_ => Task.Run(() => LoopAsync(AskOnceAsync))),
        .. Enumerable.Range(0, each).Select(_ => Task.Run(() => LoopAsync(AskOnAndOnAsync))),
    ];

    public void BeginDisturbance()
    {
        Interlocked.Increment(ref _disturbances);
        Interlocked.Increment(ref _epoch);
    }

    public void EndDisturbance() => Interlocked.Decrement(ref _disturbances);

    public async Task StopAsync()
    {
        await _over.CancelAsync();
        await Task.WhenAll(_tasks);
    }

    private async Task LoopAsync(Func<Task> ask)
    {
        while (!_over.IsCancellationRequested)
        {
            try
            {
                await ask();
            }
            catch (CampaignException e)
            {
                _failed.TrySetException(e);
                return;
            }
            catch (Exception e)
            {
                _failed.TrySetException(new CampaignException($"A client failed in a way that is not documented: {e}"));
                return;
            }
        }
    }

    private async Task AskOnceAsync() => await GuardAsync(async () =>
    {
        await using var stream = await UnixStream.ConnectAsync(address);
        using var reader = new LineReader(stream);
        await AskAsync(stream, reader, 1);
        stream.ShutdownWrite();
        if (await reader.ReadStringAsync() is { } more)
            throw new CampaignException($"A request was answered, and then '{more}' came.");
    });

    private async Task AskOnAndOnAsync()
    {
        UnixStream? stream = null;
        if (!await GuardAsync(async () => stream = await UnixStream.ConnectAsync(address)))
            return;
        await using var owned = stream;
        using var reader = new LineReader(stream!);
        for (var count = 1; !_over.IsCancellationRequested; count++)
        {
            var number = count;
            if (!await GuardAsync(() => AskAsync(stream!, reader, number)))
                return;
        }
    }

    private async Task AskAsync(UnixStream stream, LineReader reader, int count)
    {
        var question = $"{Interlocked.Increment(ref _number)}";
        await stream.WriteAsync(Encoding.ASCII.GetBytes(question + "\n"));
        if (await reader.ReadStringAsync() is not { } answer)
            throw new IOException("The connection ended without an answer.");
        if (answer != $"{question} {count}")
            throw new CampaignException($"The answer to '{question}', number {count} of its connection, is '{answer}'.");
        run.Count("requests answered");
    }

    /// <summary>Returns false when the request failed because of a disturbance.</summary>
    private async Task<bool> GuardAsync(Func<Task> request)
    {
        var epoch = Volatile.Read(ref _epoch);
        var disturbed = Volatile.Read(ref _disturbances) > 0;
        try
        {
            await request().WaitAsync(Patience);
            return true;
        }
        catch (TimeoutException)
        {
            throw new CampaignException($"A request has neither been answered nor failed within {Patience.TotalSeconds} s.");
        }
        catch (Exception e) when (e is UnixSocketException or IOException)
        {
            if (!disturbed && Volatile.Read(ref _disturbances) == 0 && Volatile.Read(ref _epoch) == epoch)
                throw new CampaignException($"A request was lost though every process lived: {e.Message}");
            run.Count("failed where a process was killed");
            await Task.Delay(1);
            return false;
        }
    }
}
