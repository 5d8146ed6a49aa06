using System.Threading.Channels;
using Samehost.Tool.Cli;
using Samehost.Tool.Connections;
using Samehost.Tool.Terminal;

namespace Samehost.Tool.Serve;

/// <summary>
/// Sends standard input to all connected clients. Nothing is read while there are none; a client that does not read delays the others for a
/// limited time and is then dropped.
/// </summary>
internal sealed class StdinBroadcast(ServeLog log)
{
    private static readonly TimeSpan SlowClientTimeout = TimeSpan.FromSeconds(5);

    private readonly Lock _lock = new();
    private readonly List<BroadcastSubscriber> _subscribers = [];
    private TaskCompletionSource _hasSubscribers = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private Task? _reading;
    private bool _isEnd;

    /// <summary>Adds a client. The first one starts reading standard input.</summary>
    public BroadcastSubscriber Subscribe(Func<IInputSource> input, CancellationToken cancellationToken)
    {
        var subscriber = new BroadcastSubscriber();
        lock (_lock)
        {
            _subscribers.Add(subscriber);
            if (_isEnd)
                subscriber.Complete();
            _hasSubscribers.TrySetResult();
            _reading ??= Task.Run(() => ReadAsync(input(), cancellationToken), CancellationToken.None);
        }
        return subscriber;
    }

    public void Unsubscribe(BroadcastSubscriber subscriber)
    {
        subscriber.Complete();
        lock (_lock)
        {
            _subscribers.Remove(subscriber);
            if (_subscribers.Count == 0 && _hasSubscribers.Task.IsCompleted)
                _hasSubscribers = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        }
    }

    private async Task ReadAsync(IInputSource input, CancellationToken cancellationToken)
    {
        try
        {
            while (await input.NextAsync(cancellationToken) is { } piece)
            {
                var copy = piece.ToArray();
                await Task.WhenAll((await WaitForSubscribersAsync(cancellationToken)).Select(subscriber => EnqueueAsync(subscriber, copy)));
            }
        }
        catch (Exception error) when (error is UnixSocketException or ToolException)
        {
            TerminalWriter.WriteError($"standard input: {ErrorReport.Summary(error)}");
        }
        catch (OperationCanceledException)
        {
            return;
        }
        lock (_lock)
        {
            _isEnd = true;
            foreach (var subscriber in _subscribers)
                subscriber.Complete();
        }
    }

    private async Task<BroadcastSubscriber[]> WaitForSubscribersAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            Task hasSubscribers;
            lock (_lock)
            {
                if (_subscribers.Count > 0)
                    return [.. _subscribers];
                hasSubscribers = _hasSubscribers.Task;
            }
            await hasSubscribers.WaitAsync(cancellationToken);
        }
    }

    private async Task EnqueueAsync(BroadcastSubscriber subscriber, byte[] piece)
    {
        while (!await subscriber.TryEnqueueAsync(piece, SlowClientTimeout))
        {
            lock (_lock)
            {
                if (_subscribers.Count == 1)
                    continue; // no other client is delayed
            }
            log.Verbose("closing a client that does not read while others wait");
            subscriber.Drop();
            return;
        }
    }
}

/// <summary>A client of the broadcast, with a queue of pieces that it has not sent yet.</summary>
internal sealed class BroadcastSubscriber : IInputSource
{
    private const int MaxQueuedPieces = 16;

    private readonly Channel<byte[]> _pieces = Channel.CreateBounded<byte[]>(MaxQueuedPieces);

    public async ValueTask<ReadOnlyMemory<byte>?> NextAsync(CancellationToken cancellationToken)
    {
        while (await _pieces.Reader.WaitToReadAsync(cancellationToken))
        {
            if (_pieces.Reader.TryRead(out var piece))
                return piece;
        }
        return default(ReadOnlyMemory<byte>?); // a bare null would be an empty piece
    }

    /// <summary>Enqueues a piece; returns false when the queue stayed full for the given time.</summary>
    public async Task<bool> TryEnqueueAsync(byte[] piece, TimeSpan timeout)
    {
        if (_pieces.Writer.TryWrite(piece))
            return true;
        using var expiry = new CancellationTokenSource(timeout);
        try
        {
            await _pieces.Writer.WriteAsync(piece, expiry.Token);
            return true;
        }
        catch (OperationCanceledException)
        {
            return false;
        }
        catch (ChannelClosedException)
        {
            return true; // the client was removed
        }
    }

    /// <summary>Ends the queue.</summary>
    public void Complete() => _pieces.Writer.TryComplete();

    /// <summary>Ends the queue with an error, because the client did not keep up.</summary>
    public void Drop() => _pieces.Writer.TryComplete(new ToolException("it does not read, and others wait"));
}
