using Samehost.Tool.Cli;
using Samehost.Tool.Connections;
using Samehost.Tool.Terminal;

namespace Samehost.Tool.Serve;

/// <summary>
/// Datagrams: each is sent back to who sent it, or printed as a line, and lines of standard input go to who sent last.
/// </summary>
internal sealed class DatagramHandler(UnixDatagram socket, ServeSettings settings, ServeLog log)
{
    private const int BufferSize = 1024 * 1024;
    private const int MostSlow = 1024;

    /// <summary>A sender that does not read its answers holds nobody up for longer.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(1);

    private readonly ReceivedOutput _output = new(asRecords: true, settings.IsHex);
    /// <summary>Senders that have held others up: none is waited for again until it has made room for an answer.</summary>
    private readonly HashSet<UnixEndPoint> _slow = [];

    private readonly TaskCompletionSource _somebody = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private UnixEndPoint? _last;

    public async Task RunAsync(CancellationToken stop)
    {
        Task answering = settings.Echoes ? Task.CompletedTask : Task.Run(() => AnswerAsync(stop), CancellationToken.None);
        Task receiving = ReceiveAsync(stop);
        if (await Task.WhenAny(answering, receiving) == answering)
            await answering;
        await receiving;
    }

    private async Task ReceiveAsync(CancellationToken stop)
    {
        byte[] buffer = new byte[BufferSize];
        using var idle = new IdleTimer(settings.IdleTimeout);
        using var over = CancellationTokenSource.CreateLinkedTokenSource(stop, idle.Token);
        while (true)
        {
            try
            {
                UnixDatagramReceiveResult got = await socket.ReceiveAsync(buffer, over.Token);
                idle.Touch();
                if (got.IsTruncated)
                    TerminalWriter.WriteError($"a datagram of {got.Length} bytes was cut to {got.Count}");
                bool isNamed = got.Sender.Kind != UnixEndPointKind.Unnamed;
                if (settings.Echoes && isNamed)
                    await SendAsync(buffer.AsMemory(0, got.Count), got.Sender, stop);
                else if (settings.Echoes)
                    log.Note("a datagram without a sender's address cannot be answered");
                else
                    Print(buffer.AsSpan(0, got.Count), isNamed ? got.Sender : null);
            }
            catch (OperationCanceledException) when (idle.HasExpired && !stop.IsCancellationRequested)
            {
                throw idle.Expired;
            }
        }
    }

    private void Print(ReadOnlySpan<byte> datagram, UnixEndPoint? sender)
    {
        _output.Write(datagram);
        if (sender is null)
            return;
        Volatile.Write(ref _last, sender);
        _somebody.TrySetResult();
    }

    private async Task AnswerAsync(CancellationToken stop)
    {
        var input = new LineInput(settings.IsHex);
        while (await input.NextAsync(stop) is { } line)
        {
            await _somebody.Task.WaitAsync(stop);
            await SendAsync(line, Volatile.Read(ref _last)!, stop);
        }
    }

    private async Task SendAsync(ReadOnlyMemory<byte> datagram, UnixEndPoint to, CancellationToken stop)
    {
        bool isSlow;
        lock (_slow)
            isSlow = _slow.Contains(to);
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(stop);
        try
        {
            ValueTask sending = socket.SendToAsync(datagram, to, limit.Token);
            if (isSlow && !sending.IsCompleted)
                await limit.CancelAsync();
            else
                limit.CancelAfter(Patience);
            await sending;
            Remember(to, isSlow: false);
        }
        catch (UnixSocketException error)
        {
            log.Say($"an answer was lost: {ErrorReport.Summary(error)}");
            Remember(to, isSlow: false);
        }
        catch (OperationCanceledException) when (!stop.IsCancellationRequested)
        {
            if (!isSlow)
                log.Say($"an answer was lost: {to} does not read");
            Remember(to, isSlow: true);
        }
    }

    private void Remember(UnixEndPoint sender, bool isSlow)
    {
        lock (_slow)
        {
            if (!isSlow)
            {
                _slow.Remove(sender);
                return;
            }
            if (_slow.Count >= MostSlow)
                _slow.Clear(); // a name costs nothing, and whoever is slow is soon found out again
            _slow.Add(sender);
        }
    }
}
