using Samehost.Tool.Output;
using Samehost.Tool.Relays;
using Samehost.Tool.Transfer;

namespace Samehost.Tool.Recordings;

/// <summary>
/// Reads all that comes from a peer and compares it with what came when the recording was made. It reads all the time, whatever is being
/// sent meanwhile, so that neither side waits for the other for ever.
/// </summary>
internal sealed class Expectation
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
    public Expectation(ToolConnection connection, IEnumerable<RecordedEvent> events, Direction direction, CancellationToken stop)
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
                Differ($"nothing came for {Arguments.Duration.Text(limit)}, and not {Rest()}");
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
            Differ($"the {_who} did not end within {Arguments.Duration.Text(limit)}");
        }
        return Difference is null;
    }

    private async Task ReadAsync(CancellationToken stop)
    {
        using var buffer = new LentBuffer(LongestRecord);
        try
        {
            for (int got; (got = await _connection.ReceiveAsync(buffer, stop)) >= 0 && Difference is null; buffer.Return())
                Compare(buffer.Received(got).Span);
        }
        catch (Exception error) when (error is IOException or UnixSocketException && _index < _expected.Length)
        {
            Differ($"{Commands.Failure.Summary(error)}, before {Rest()}");
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
