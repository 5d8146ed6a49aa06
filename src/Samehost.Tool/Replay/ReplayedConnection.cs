using Samehost.Tool.Cli;
using Samehost.Tool.Connections;
using Samehost.Tool.Relay;
using Samehost.Tool.Terminal;

namespace Samehost.Tool.Replay;

/// <summary>A recorded connection in a replay: sends the recorded data of one side and compares what the other side sends.</summary>
internal sealed class ReplayedConnection : IDisposable
{
    private readonly ToolConnection _connection;
    private readonly Direction _ours;
    private readonly TimeSpan _timeout;
    private readonly CancellationTokenSource _cancellation;
    private readonly ResponseComparer _comparer;

    public ReplayedConnection(
        ToolConnection connection, IEnumerable<RecordedEvent> events, Direction ours, TimeSpan timeout, CancellationToken cancellationToken)
    {
        (_connection, _ours, _timeout) = (connection, ours, timeout);
        _cancellation = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var theirs = ours == Direction.ToServer ? Direction.ToClient : Direction.ToServer;
        _comparer = new ResponseComparer(connection, events, theirs, _cancellation.Token);
    }

    public string? Difference => _comparer.Difference;

    public long BytesCompared => _comparer.Bytes;

    public long BytesSent { get; private set; }

    /// <summary>Performs the recorded event; returns false when the other side differed.</summary>
    public async Task<bool> StepAsync(RecordedEvent step, CancellationToken cancellationToken)
    {
        var isOurs = step.Direction == _ours;
        switch (step.Event)
        {
            case RecordingLine.Data when isOurs:
                return await SendAsync(step, cancellationToken);
            case RecordingLine.Data:
                return await _comparer.WaitForAsync(step, _timeout);
            case RecordingLine.End when isOurs:
                _connection.ShutdownSend();
                return Difference is null;
            case RecordingLine.End when _connection is not DatagramConnection:
                return await _comparer.WaitForEndAsync(_timeout);
            case RecordingLine.Close:
                await _cancellation.CancelAsync();
                await _comparer.Reading;
                _connection.Dispose();
                return Difference is null;
            default:
                return Difference is null;
        }
    }

    public void Dispose()
    {
        _cancellation.Cancel();
        _connection.Dispose();
        _cancellation.Dispose();
    }

    private async Task<bool> SendAsync(RecordedEvent step, CancellationToken cancellationToken)
    {
        using var time = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        time.CancelAfter(_timeout);
        try
        {
            await _connection.SendAsync(step.Bytes, time.Token);
            BytesSent += step.Bytes.Length;
        }
        catch (OperationCanceledException canceled) when (!cancellationToken.IsCancellationRequested)
        {
            throw new TimeoutException($"line {step.Line} was not accepted by the peer within {DurationText.Format(_timeout)}", canceled);
        }
        return Difference is null;
    }
}

/// <summary>
/// Receives from a peer and compares with the recording. It receives all the time, also while data is sent, so that the two sides cannot
/// deadlock.
/// </summary>
internal sealed class ResponseComparer
{
    private const int MaxRecordLength = 1 << 20;

    private readonly ToolConnection _connection;
    private readonly RecordedEvent[] _expected;
    private readonly string _peerName;
    private readonly Lock _lock = new();
    private TaskCompletionSource _changed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _index;
    private int _offset;

    /// <param name="connection">The connection to read.</param>
    /// <param name="events">All events of the connection.</param>
    /// <param name="direction">The direction that is received.</param>
    /// <param name="cancellationToken">Ends the receiving.</param>
    public ResponseComparer(
        ToolConnection connection, IEnumerable<RecordedEvent> events, Direction direction, CancellationToken cancellationToken)
    {
        _connection = connection;
        _peerName = direction == Direction.ToClient ? "server" : "client";
        _expected = [.. events.Where(e => e.Event == RecordingLine.Data && e.Direction == direction)];
        // A stream has no empty messages.
        if (!connection.PreservesMessages)
            _expected = [.. _expected.Where(e => e.Bytes.Length > 0)];
        Reading = Task.Run(() => ReadAsync(cancellationToken), CancellationToken.None);
    }

    /// <summary>Completes when the peer has ended.</summary>
    public Task Reading { get; }

    /// <summary>The first difference from the recording; null when there is none.</summary>
    public string? Difference { get; private set; }

    /// <summary>The number of bytes that were as recorded.</summary>
    public long Bytes { get; private set; }

    /// <summary>Waits until all data that was recorded up to this line has arrived; returns false when it does not.</summary>
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
                SetDifference($"the {_peerName} ended before {DescribeExpected()}");
                return false;
            }
            try
            {
                await changed.WaitAsync(time.Token);
            }
            catch (OperationCanceledException)
            {
                SetDifference($"nothing came for {DurationText.Format(limit)}, and not {DescribeExpected()}");
                return false;
            }
        }
    }

    /// <summary>Waits for the end of the peer; returns false on a timeout, or when other data arrived.</summary>
    public async Task<bool> WaitForEndAsync(TimeSpan limit)
    {
        try
        {
            await Reading.WaitAsync(limit);
        }
        catch (TimeoutException)
        {
            SetDifference($"the {_peerName} did not end within {DurationText.Format(limit)}");
        }
        return Difference is null;
    }

    private async Task ReadAsync(CancellationToken cancellationToken)
    {
        using var buffer = new OnDemandBuffer(MaxRecordLength);
        try
        {
            while (await _connection.ReceiveAsync(buffer, cancellationToken) is var got && !_connection.IsEnd(got) && Difference is null)
            {
                Compare(buffer.Received(got).Span);
                buffer.Return();
            }
        }
        catch (Exception error) when (error is IOException or UnixSocketException && _index < _expected.Length)
        {
            SetDifference($"{ErrorReport.Summary(error)}, before {DescribeExpected()}");
        }
        catch (Exception error) when (error is IOException or UnixSocketException or ObjectDisposedException or OperationCanceledException)
        {
            // All expected data had arrived.
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
                    var more = CountText.Of(came.Length, "byte");
                    SetDifference($"the {_peerName} sent {more} more than recorded: {QuotedText.Excerpt(came)}");
                    return;
                }
                var wanted = _expected[_index];
                ReadOnlySpan<byte> rest = wanted.Bytes.AsSpan(_offset);
                var same = came.CommonPrefixLength(rest);
                var isWhole = same == rest.Length && (same == came.Length || !_connection.PreservesMessages);
                var isPart = same == came.Length && !_connection.PreservesMessages;
                if (!isWhole && !isPart)
                {
                    SetDifference($"the {_peerName} sent {QuotedText.Excerpt(came[same..])} where the recording's line {wanted.Line} has "
                        + $"{QuotedText.Excerpt(rest[same..])} (from byte {_offset + same} of that line's)");
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

    private string DescribeExpected() =>
        $"{QuotedText.Excerpt(_expected[_index].Bytes.AsSpan(_offset))} of the recording's line {_expected[_index].Line}";

    private void SetDifference(string difference)
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
