using Samehost.Tool.Cli;
using Samehost.Tool.Connections;
using Samehost.Tool.Terminal;

namespace Samehost.Tool.Serve;

/// <summary>
/// Handles datagrams: echoes each to its sender, or prints it as a line and sends lines of standard input to the last sender.
/// </summary>
internal sealed class DatagramHandler(UnixDatagram socket, ServeSettings settings, ServeLog log)
{
    private const int BufferSize = 1024 * 1024;
    private const int MaxSlowSenders = 1024;

    /// <summary>How long a send waits for a receiver that does not read.</summary>
    private static readonly TimeSpan SendTimeout = TimeSpan.FromSeconds(1);

    private readonly ReceivedOutput _output = new(asRecords: true, settings.IsHex);
    /// <summary>Senders whose queue stayed full: the next send to them does not wait.</summary>
    private readonly HashSet<UnixEndPoint> _slowSenders = [];

    private readonly TaskCompletionSource _hasSender = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private UnixEndPoint? _lastSender;

    public async Task RunAsync(CancellationToken cancellationToken)
    {
        var answering = settings.Echo ? Task.CompletedTask : Task.Run(() => AnswerAsync(cancellationToken), CancellationToken.None);
        var receiving = ReceiveAsync(cancellationToken);
        if (await Task.WhenAny(answering, receiving) == answering)
            await answering;
        await receiving;
    }

    private async Task ReceiveAsync(CancellationToken cancellationToken)
    {
        var buffer = new byte[BufferSize];
        using var idle = new IdleTimer(settings.IdleTimeout);
        using var linked = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, idle.Token);
        while (true)
        {
            try
            {
                var got = await socket.ReceiveAsync(buffer, linked.Token);
                idle.Restart();
                if (got.IsTruncated)
                    TerminalWriter.WriteError($"a datagram of {got.Length} bytes was cut to {got.Count}");
                var hasAddress = got.Sender.Kind != UnixEndPointKind.Unnamed;
                if (settings.Echo && hasAddress)
                    await SendAsync(buffer.AsMemory(0, got.Count), got.Sender, cancellationToken);
                else if (settings.Echo)
                    log.Verbose("a datagram without a sender's address cannot be answered");
                else
                    Print(buffer.AsSpan(0, got.Count), hasAddress ? got.Sender : null);
            }
            catch (OperationCanceledException) when (idle.HasExpired && !cancellationToken.IsCancellationRequested)
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
        Volatile.Write(ref _lastSender, sender);
        _hasSender.TrySetResult();
    }

    private async Task AnswerAsync(CancellationToken cancellationToken)
    {
        var input = new LineInput(settings.IsHex);
        while (await input.NextAsync(cancellationToken) is { } line)
        {
            await _hasSender.Task.WaitAsync(cancellationToken);
            await SendAsync(line, Volatile.Read(ref _lastSender)!, cancellationToken);
        }
    }

    private async Task SendAsync(ReadOnlyMemory<byte> datagram, UnixEndPoint to, CancellationToken cancellationToken)
    {
        bool isSlow;
        lock (_slowSenders)
            isSlow = _slowSenders.Contains(to);
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        try
        {
            var sending = socket.SendToAsync(datagram, to, limit.Token);
            if (isSlow && !sending.IsCompleted)
                await limit.CancelAsync();
            else
                limit.CancelAfter(SendTimeout);
            await sending;
            MarkSlow(to, isSlow: false);
        }
        catch (UnixSocketException error)
        {
            log.Info($"an answer was lost: {ErrorReport.Summary(error)}");
            MarkSlow(to, isSlow: false);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            if (!isSlow)
                log.Info($"an answer was lost: {to} does not read");
            MarkSlow(to, isSlow: true);
        }
    }

    private void MarkSlow(UnixEndPoint sender, bool isSlow)
    {
        lock (_slowSenders)
        {
            if (!isSlow)
            {
                _slowSenders.Remove(sender);
                return;
            }
            if (_slowSenders.Count >= MaxSlowSenders)
                _slowSenders.Clear(); // names cost a client nothing; a slow one is found again at its next answer
            _slowSenders.Add(sender);
        }
    }
}
