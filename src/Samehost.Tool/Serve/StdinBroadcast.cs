using System.Threading.Channels;
using Samehost.Tool.Cli;
using Samehost.Tool.Connections;
using Samehost.Tool.Terminal;

namespace Samehost.Tool.Serve;

/// <summary>
/// The clients that standard input goes to, each piece to all that are there. Nothing is read while there is nobody; one that does not
/// read holds the others up for a moment and is then left out.
/// </summary>
internal sealed class StdinBroadcast(ServeLog log)
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    private readonly Lock _lock = new();
    private readonly List<BroadcastSubscriber> _members = [];
    private TaskCompletionSource _somebody = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private Task? _reading;
    private bool _isOver;

    /// <summary>One more client. The first has standard input read.</summary>
    public BroadcastSubscriber Join(Func<IInputSource> input, CancellationToken stop)
    {
        var member = new BroadcastSubscriber();
        lock (_lock)
        {
            _members.Add(member);
            if (_isOver)
                member.End();
            _somebody.TrySetResult();
            _reading ??= Task.Run(() => ReadAsync(input(), stop), CancellationToken.None);
        }
        return member;
    }

    public void Leave(BroadcastSubscriber member)
    {
        member.End();
        lock (_lock)
        {
            _members.Remove(member);
            if (_members.Count == 0 && _somebody.Task.IsCompleted)
                _somebody = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        }
    }

    private async Task ReadAsync(IInputSource input, CancellationToken stop)
    {
        try
        {
            while (await input.NextAsync(stop) is { } piece)
            {
                byte[] copy = piece.ToArray();
                await Task.WhenAll((await PresentAsync(stop)).Select(member => GiveAsync(member, copy)));
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
            _isOver = true;
            foreach (BroadcastSubscriber member in _members)
                member.End();
        }
    }

    private async Task<BroadcastSubscriber[]> PresentAsync(CancellationToken stop)
    {
        while (true)
        {
            Task somebody;
            lock (_lock)
            {
                if (_members.Count > 0)
                    return [.. _members];
                somebody = _somebody.Task;
            }
            await somebody.WaitAsync(stop);
        }
    }

    private async Task GiveAsync(BroadcastSubscriber member, byte[] piece)
    {
        while (!await member.OfferAsync(piece, Patience))
        {
            lock (_lock)
            {
                if (_members.Count == 1)
                    continue; // nobody else is held up
            }
            log.Note("closing a client that does not read while others wait");
            member.Drop();
            return;
        }
    }
}

/// <summary>One of the clients that standard input goes to, and what it has not taken yet.</summary>
internal sealed class BroadcastSubscriber : IInputSource
{
    private const int MostPieces = 16;

    private readonly Channel<byte[]> _pieces = Channel.CreateBounded<byte[]>(MostPieces);

    public async ValueTask<ReadOnlyMemory<byte>?> NextAsync(CancellationToken stop)
    {
        while (await _pieces.Reader.WaitToReadAsync(stop))
        {
            if (_pieces.Reader.TryRead(out byte[]? piece))
                return piece;
        }
        return default(ReadOnlyMemory<byte>?); // a bare null would be an empty piece
    }

    /// <summary>False when it has not made room within the time.</summary>
    public async Task<bool> OfferAsync(byte[] piece, TimeSpan patience)
    {
        if (_pieces.Writer.TryWrite(piece))
            return true;
        using var limit = new CancellationTokenSource(patience);
        try
        {
            await _pieces.Writer.WriteAsync(piece, limit.Token);
            return true;
        }
        catch (OperationCanceledException)
        {
            return false;
        }
        catch (ChannelClosedException)
        {
            return true; // it has left
        }
    }

    /// <summary>Nothing more will come.</summary>
    public void End() => _pieces.Writer.TryComplete();

    /// <summary>It did not keep up.</summary>
    public void Drop() => _pieces.Writer.TryComplete(new ToolException("it does not read, and others wait"));
}
