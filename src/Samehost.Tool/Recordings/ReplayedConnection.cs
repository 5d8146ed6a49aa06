using Samehost.Tool.Relays;
using Samehost.Tool.Transfer;

namespace Samehost.Tool.Recordings;

/// <summary>One recorded connection, held once more: what our side sent is sent, what the other side sent is expected.</summary>
internal sealed class ReplayedConnection : IDisposable
{
    private readonly ToolConnection _connection;
    private readonly Direction _ours;
    private readonly TimeSpan _patience;
    private readonly CancellationTokenSource _stop;
    private readonly Expectation _expectation;

    public ReplayedConnection(
        ToolConnection connection, IEnumerable<RecordedEvent> events, Direction ours, TimeSpan patience, CancellationToken stop)
    {
        (_connection, _ours, _patience) = (connection, ours, patience);
        _stop = CancellationTokenSource.CreateLinkedTokenSource(stop);
        Direction theirs = ours == Direction.ToServer ? Direction.ToClient : Direction.ToServer;
        _expectation = new Expectation(connection, events, theirs, _stop.Token);
    }

    public string? Difference => _expectation.Difference;

    public long BytesCompared => _expectation.Bytes;

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
                return await _expectation.WaitForAsync(step, _patience);
            case RecordingLine.End when isOurs:
                _connection.EndSending();
                return Difference is null;
            case RecordingLine.End when _connection is not DatagramConnection:
                return await _expectation.WaitForEndAsync(_patience);
            case RecordingLine.Close:
                await _stop.CancelAsync();
                await _expectation.Reading;
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
            throw new TimeoutException($"line {step.Line} was not taken within {Arguments.Duration.Text(_patience)}");
        }
        return Difference is null;
    }
}
