namespace Samehost.Programs;

/// <summary>
/// Sends answers without blocking the server. Answers to a client whose receive queue is full wait for at most a second, in order, while
/// other clients are served.
/// </summary>
internal sealed class AnswerQueue(UnixDatagram socket)
{
    private const int MaxPending = 1024;
    private static readonly TimeSpan SendTimeout = TimeSpan.FromSeconds(1);

    private readonly Dictionary<UnixEndPoint, Task> _lastSends = [];
    private int _pending;

    /// <summary>Sends an answer, after earlier ones to the same client. Not thread-safe.</summary>
    public void Send(byte[] answer, UnixEndPoint client)
    {
        if (_lastSends.TryGetValue(client, out var earlier) && earlier.IsCompleted)
        {
            _lastSends.Remove(client);
            earlier = null;
        }
        if (earlier is not null && Volatile.Read(ref _pending) >= MaxPending)
        {
            Output.Error($"no answer to {client}: it does not read, and {MaxPending} answers wait already");
            return;
        }
        var sending = SendAsync(earlier, answer, client);
        if (!sending.IsCompleted)
            _lastSends[client] = sending;
        if (_lastSends.Count > MaxPending)
            RemoveCompleted();
    }

    private async Task SendAsync(Task? earlier, byte[] answer, UnixEndPoint client)
    {
        using var deadline = new CancellationTokenSource(SendTimeout);
        Interlocked.Increment(ref _pending);
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
            // The server is being stopped.
        }
        catch (UnixSocketException error)
        {
            Output.Error($"{error.Summary}: {client}");
        }
        finally
        {
            Interlocked.Decrement(ref _pending);
        }
    }

    private void RemoveCompleted()
    {
        foreach (var (client, sending) in _lastSends)
        {
            if (sending.IsCompleted)
                _lastSends.Remove(client);
        }
    }
}
