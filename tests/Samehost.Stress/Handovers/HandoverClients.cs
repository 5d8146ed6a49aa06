using System.Text;
using Samehost.Framing;
using Samehost.Stress.Running;

namespace Samehost.Stress.Handovers;

/// <summary>
/// Clients that send requests continuously, on a connection for each request and on long-lived ones. Each request must get exactly one
/// correct response, or fail while processes are killed.
/// </summary>
internal sealed class HandoverClients(CampaignRun run, UnixEndPoint address)
{
    private static readonly TimeSpan WaitTimeout = TimeSpan.FromSeconds(20);

    private readonly CancellationTokenSource _over = new();
    private readonly TaskCompletionSource _failed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private Task[] _tasks = [];
    private int _disturbances;
    private int _epoch;
    private int _number;

    /// <summary>Fails when a client detects a failure.</summary>
    public Task Failed => _failed.Task;

    public void Start(int each) => _tasks =
    [
        .. Enumerable.Range(0, each).Select(_ => Task.Run(() => LoopAsync(RequestOnceAsync))),
        .. Enumerable.Range(0, each).Select(_ => Task.Run(() => LoopAsync(RequestRepeatedlyAsync))),
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

    private async Task LoopAsync(Func<Task> request)
    {
        while (!_over.IsCancellationRequested)
        {
            try
            {
                await request();
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

    private async Task RequestOnceAsync() => await GuardAsync(async () =>
    {
        await using var stream = await UnixStream.ConnectAsync(address);
        using var reader = new LineReader(stream);
        await RequestAsync(stream, reader, 1);
        stream.ShutdownWrite();
        if (await reader.ReadStringAsync() is { } more)
            throw new CampaignException($"A request was answered, and then '{more}' came.");
    });

    private async Task RequestRepeatedlyAsync()
    {
        UnixStream? stream = null;
        if (!await GuardAsync(async () => stream = await UnixStream.ConnectAsync(address)))
            return;
        await using var owned = stream;
        using var reader = new LineReader(stream!);
        for (var count = 1; !_over.IsCancellationRequested; count++)
        {
            var number = count;
            if (!await GuardAsync(() => RequestAsync(stream!, reader, number)))
                return;
        }
    }

    private async Task RequestAsync(UnixStream stream, LineReader reader, int count)
    {
        var request = $"{Interlocked.Increment(ref _number)}";
        await stream.WriteAsync(Encoding.ASCII.GetBytes(request + "\n"));
        if (await reader.ReadStringAsync() is not { } answer)
            throw new IOException("The connection ended without an answer.");
        if (answer != $"{request} {count}")
            throw new CampaignException($"The answer to '{request}', number {count} of its connection, is '{answer}'.");
        run.Count("requests answered");
    }

    /// <summary>Returns false when the request failed while a process was killed.</summary>
    private async Task<bool> GuardAsync(Func<Task> request)
    {
        var epoch = Volatile.Read(ref _epoch);
        var disturbed = Volatile.Read(ref _disturbances) > 0;
        try
        {
            await request().WaitAsync(WaitTimeout);
            return true;
        }
        catch (TimeoutException)
        {
            throw new CampaignException($"A request has neither been answered nor failed within {WaitTimeout.TotalSeconds} s.");
        }
        catch (Exception e) when (e is UnixSocketException or IOException)
        {
            if (!disturbed && Volatile.Read(ref _disturbances) == 0 && Volatile.Read(ref _epoch) == epoch)
                throw new CampaignException($"A request was lost although no process was killed: {e.Message}");
            run.Count("failed where a process was killed");
            await Task.Delay(1);
            return false;
        }
    }
}
