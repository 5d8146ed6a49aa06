using Samehost.Tool.Transfer;

namespace Samehost.Tool.Serving;

/// <summary>What is done with each connection.</summary>
internal abstract class Service
{
    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Ends when there is nothing left to serve for, with the reason if that is a failure.</summary>
    public Task Ended => _ended.Task;

    /// <summary>Serves one connection, which is closed afterwards. The token tells that clients are to leave.</summary>
    public abstract Task ServeAsync(ToolConnection connection, Caller caller, CancellationToken closing);

    /// <summary>The time to drain is over.</summary>
    public virtual Task AbandonAsync() => Task.CompletedTask;

    protected void End(Exception? failure = null)
    {
        if (failure is null)
            _ended.TrySetResult();
        else if (_ended.TrySetException(failure))
            _ = _ended.Task.Exception; // whoever ends the command reads it as well
    }
}
