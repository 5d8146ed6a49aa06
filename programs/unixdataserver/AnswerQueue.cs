namespace Samehost.Programs;

/// <summary>
/// Sends answers without ever making the server wait: a client whose queue is full gets its answers in order as it makes room, for a
/// second, while everybody else is served.
/// </summary>
internal sealed class AnswerQueue(UnixDatagram socket)
{
    private const int MostWaiting = 1024;
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(1);

    private readonly Dictionary<UnixEndPoint, Task> _last = [];
    private int _waiting;

    /// <summary>Sends, or lets the answer wait behind earlier ones to the same client. Called from one place at a time.</summary>
    public void Send(byte[] answer, UnixEndPoint client)
    {
        if (_last.TryGetValue(client, out Task? earlier) && earlier.IsCompleted)
        {
            _last.Remove(client);
            earlier = null;
        }
        if (earlier is not null && Volatile.Read(ref _waiting) >= MostWaiting)
        {
            Output.Error($"no answer to {client}: it does not read, and {MostWaiting} answers wait already");
            return;
        }
        Task sending = SendAsync(earlier, answer, client);
        if (!sending.IsCompleted)
            _last[client] = sending;
        if (_last.Count > MostWaiting)
            ForgetTheDone();
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
            // The server is being stopped.
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

    private void ForgetTheDone()
    {
        foreach ((UnixEndPoint client, Task sending) in _last)
        {
            if (sending.IsCompleted)
                _last.Remove(client);
        }
    }
}
