using Samehost.Tool.Cli;
using Samehost.Tool.Connections;
using Samehost.Tool.Relay;
using Samehost.Tool.Terminal;

namespace Samehost.Tool.Replay;

/// <summary>One recorded connection, held once more: what our side sent is sent, what the other side sent is expected.</summary>
internal sealed class ReplayedConnection : IDisposable
{
    private readonly ToolConnection _connection;
    private readonly Direction _ours;
    private readonly TimeSpan _patience;
    private readonly CancellationTokenSource _stop;
    private readonly ResponseComparer _comparer;

    public ReplayedConnection(
        ToolConnection connection, IEnumerable<RecordedEvent> events, Direction ours, TimeSpan patience, CancellationToken stop)
    {
        (_connection, _ours, _patience) = (connection, ours, patience);
        _stop = CancellationTokenSource.CreateLinkedTokenSource(stop);
        Direction theirs = ours == Direction.ToServer ? Direction.ToClient : Direction.ToServer;
        _comparer = new ResponseComparer(connection, events, theirs, _stop.Token);
    }

    public string? Difference => _comparer.Difference;

    public long BytesCompared => _comparer.Bytes;

    public long BytesSent { get; private set; }

    /// <summary>Does what the recording says; false when the other side did otherwise.</summary>
    public async Task<bool> StepAsync(RecordedEvent step, CancellationToken stop)
    {
        bool isOurs = step.Direction == _ours;
        switch (step.Event)
        {
            case RecordingLine.Data when isOurs:
                return await SendAsync(step, stop);
            case RecordingLine.Data:
                return await _comparer.WaitForAsync(step, _patience);
            case RecordingLine.End when isOurs:
                _connection.EndSending();
                return Difference is null;
            case RecordingLine.End when _connection is not DatagramConnection:
                return await _comparer.WaitForEndAsync(_patience);
            case RecordingLine.Close:
                await _stop.CancelAsync();
                await _comparer.Reading;
                _connection.Dispose();
                return Difference is null;
            default:
                return Difference is null;
        }
    }

    public void Dispose()
    {
        _stop.Cancel();
        _connection.Dispose();
        _stop.Dispose();
    }

    private async Task<bool> SendAsync(RecordedEvent step, CancellationToken stop)
    {
        using var time = CancellationTokenSource.CreateLinkedTokenSource(stop);
        time.CancelAfter(_patience);
        try
        {
            await _connection.SendAsync(step.Bytes, time.Token);
            BytesSent += step.Bytes.Length;
        }
        catch (OperationCanceledException) when (!stop.IsCancellationRequested)
        {
            throw new TimeoutException($"line {step.Line} was not taken within {DurationText.Format(_patience)}");
        }
        return Difference is null;
    }
}

/// <summary>
/// Reads all that comes from a peer and compares it with what came when the recording was made. It reads all the time, whatever is being
/// sent meanwhile, so that neither side waits for the other for ever.
/// </summary>
internal sealed class ResponseComparer
{
    private const int LongestRecord = 1 << 20;

    private readonly ToolConnection _connection;
    private readonly RecordedEvent[] _expected;
    private readonly string _who;
    private readonly Lock _lock = new();
    private TaskCompletionSource _changed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _index;
    private int _offset;

    /// <param name="connection">Where from.</param>
    /// <param name="events">All that happened in that connection.</param>
    /// <param name="direction">Which of it is expected to come.</param>
    /// <param name="stop">Ends the reading.</param>
    public ResponseComparer(ToolConnection connection, IEnumerable<RecordedEvent> events, Direction direction, CancellationToken stop)
    {
        _connection = connection;
        _who = direction == Direction.ToClient ? "server" : "client";
        _expected = [.. events.Where(e => e.Event == RecordingLine.Data && e.Direction == direction)];
        // Nothing is not sent in a stream.
        if (!connection.KeepsRecords)
            _expected = [.. _expected.Where(e => e.Bytes.Length > 0)];
        Reading = Task.Run(() => ReadAsync(stop), CancellationToken.None);
    }

    /// <summary>Ends when the peer has ended.</summary>
    public Task Reading { get; }

    /// <summary>What came otherwise than recorded.</summary>
    public string? Difference { get; private set; }

    /// <summary>Bytes that were as recorded.</summary>
    public long Bytes { get; private set; }

    /// <summary>Waits until everything has come that the recording has up to this line; false when it comes no more.</summary>
    public async Task<bool> WaitForAsync(RecordedEvent wanted, TimeSpan limit)
    {
        using var time = new CancellationTokenSource(limit);
        while (true)
        {
            Task changed;
            lock (_lock)
            {
                if (Difference is not null)
                    return false;
                if (_index == _expected.Length || _expected[_index].Line > wanted.Line)
                    return true;
                changed = Reading.IsCompleted ? Task.CompletedTask : _changed.Task;
            }
            if (changed.IsCompleted && Reading.IsCompleted)
            {
                Differ($"the {_who} ended before {Rest()}");
                return false;
            }
            try
            {
                await changed.WaitAsync(time.Token);
            }
            catch (OperationCanceledException)
            {
                Differ($"nothing came for {DurationText.Format(limit)}, and not {Rest()}");
                return false;
            }
        }
    }

    /// <summary>Waits for the end; false when there is none in time, or something that is not in the recording.</summary>
    public async Task<bool> WaitForEndAsync(TimeSpan limit)
    {
        try
        {
            await Reading.WaitAsync(limit);
        }
        catch (TimeoutException)
        {
            Differ($"the {_who} did not end within {DurationText.Format(limit)}");
        }
        return Difference is null;
    }

    private async Task ReadAsync(CancellationToken stop)
    {
        using var buffer = new OnDemandBuffer(LongestRecord);
        try
        {
            for (int got; (got = await _connection.ReceiveAsync(buffer, stop)) >= 0 && Difference is null; buffer.Return())
                Compare(buffer.Received(got).Span);
        }
        catch (Exception error) when (error is IOException or UnixSocketException && _index < _expected.Length)
        {
            Differ($"{ErrorReport.Summary(error)}, before {Rest()}");
        }
        catch (Exception error) when (error is IOException or UnixSocketException or ObjectDisposedException or OperationCanceledException)
        {
            // Everything had come.
        }
        Signal();
    }

    private void Compare(ReadOnlySpan<byte> came)
    {
        lock (_lock)
        {
            do
            {
                if (_index == _expected.Length)
                {
                    Differ($"the {_who} sent {came.Length} bytes more than recorded: {Printable.Excerpt(came)}");
                    return;
                }
                RecordedEvent wanted = _expected[_index];
                ReadOnlySpan<byte> rest = wanted.Bytes.AsSpan(_offset);
                int same = came.CommonPrefixLength(rest);
                bool isWhole = same == rest.Length && (same == came.Length || !_connection.KeepsRecords);
                bool isPart = same == came.Length && !_connection.KeepsRecords;
                if (!isWhole && !isPart)
                {
                    Differ($"the {_who} sent {Printable.Excerpt(came[same..])} where the recording's line {wanted.Line} has "
                        + $"{Printable.Excerpt(rest[same..])} (from byte {_offset + same} of that line's)");
                    return;
                }
                Bytes += same;
                came = came[same..];
                (_index, _offset) = isWhole ? (_index + 1, 0) : (_index, _offset + same);
            }
            while (!came.IsEmpty);
        }
        Signal();
    }

    private string Rest() =>
        $"{Printable.Excerpt(_expected[_index].Bytes.AsSpan(_offset))} of the recording's line {_expected[_index].Line}";

    private void Differ(string difference)
    {
        lock (_lock)
            Difference ??= difference;
        Signal();
    }

    private void Signal()
    {
        TaskCompletionSource changed;
        lock (_lock)
            (changed, _changed) = (_changed, new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously));
        changed.TrySetResult();
    }
}
