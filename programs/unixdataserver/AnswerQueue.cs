namespace Samehost.Programs;

/// <summary>
/// Sends answers without blocking the server: a client whose queue is full gets its answers in order as it reads, for up to a second, while
/// other clients are served.
/// </summary>
internal sealed class AnswerQueue(UnixDatagram socket)
{
    private const int MaxWaiting = 1024;
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(1);

    private readonly Dictionary<UnixEndPoint, Task> _last = [];
    private int _waiting;

    /// <summary>Sends an answer, or queues it behind earlier ones to the same client. Called by one thread at a time.</summary>
    public void Send(byte[] answer, UnixEndPoint client)
    {
        if (_last.TryGetValue(client, out Task? earlier) && earlier.IsCompleted)
        {
            _last.Remove(client);
            earlier = null;
        }
        if (earlier is not null && Volatile.Read(ref _waiting) >= MaxWaiting)
        {
            Output.Error($"no answer to {client}: it does not read, and {MaxWaiting} answers wait already");
            return;
        }
        Task sending = SendAsync(earlier, answer, client);
        if (!sending.IsCompleted)
            _last[client] = sending;
        if (_last.Count > MaxWaiting)
            RemoveCompleted();
    }

    private async Task SendAsync(Task? earlier, byte[] answer, UnixEndPoint client)
    {
        using var deadline = new CancellationTokenSource(Deadline);
        Interlocked.Increment(ref _waiting);
        try
        {
            if (earlier is not null)
                await earlier;
            await socket.SendToAsync(answer, client, deadline.Token);
        }
        catch (OperationCanceledException)
        {
            Output.Error($"no answer to {client}: its queue stayed full");
        }
        catch (ObjectDisposedException)
        {
            // The server is stopping.
        }
        catch (UnixSocketException error)
        {
            Output.Error($"{error.Summary}: {client}");
        }
        finally
        {
            Interlocked.Decrement(ref _waiting);
        }
    }

    private void RemoveCompleted()
    {
        foreach ((UnixEndPoint client, Task sending) in _last)
        {
            if (sending.IsCompleted)
                _last.Remove(client);
        }
    }
}
