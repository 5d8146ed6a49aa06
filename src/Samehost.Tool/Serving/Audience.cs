using Samehost.Tool.Commands;
using Samehost.Tool.Output;
using Samehost.Tool.Transfer;

namespace Samehost.Tool.Serving;

/// <summary>
/// The clients that standard input goes to, each piece to all that are there. Nothing is read while there is nobody; one that does not
/// read holds the others up for a moment and is then left out.
/// </summary>
internal sealed class Audience(ServeLog log)
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    private readonly Lock _lock = new();
    private readonly List<AudienceMember> _members = [];
    private TaskCompletionSource _somebody = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private Task? _reading;
    private bool _isOver;

    /// <summary>One more client. The first has standard input read.</summary>
    public AudienceMember Join(Func<IInput> input, CancellationToken stop)
    {
        var member = new AudienceMember();
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

    public void Leave(AudienceMember member)
    {
        member.End();
        lock (_lock)
        {
            _members.Remove(member);
            if (_members.Count == 0 && _somebody.Task.IsCompleted)
                _somebody = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        }
    }

    private async Task ReadAsync(IInput input, CancellationToken stop)
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
            Terminal.Error($"standard input: {Failure.Summary(error)}");
        }
        catch (OperationCanceledException)
        {
            return;
        }
        lock (_lock)
        {
            _isOver = true;
            foreach (AudienceMember member in _members)
                member.End();
        }
    }

    private async Task<AudienceMember[]> PresentAsync(CancellationToken stop)
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

    private async Task GiveAsync(AudienceMember member, byte[] piece)
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
