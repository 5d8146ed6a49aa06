using System.Threading.Tasks.Sources;

namespace Samehost.AspNetCore.Transport;

/// <summary>An end of a pipe, which waits itself: its <see cref="PipeWait{TResult}"/> is a part of it, and its lock the object.</summary>
internal interface IWaitingEnd<TResult> : IValueTaskSource<TResult>
{
    ref PipeWait<TResult> Wait { get; }

    TResult IValueTaskSource<TResult>.GetResult(short token) => Wait.Core.GetResult(token);

    ValueTaskSourceStatus IValueTaskSource<TResult>.GetStatus(short token) => Wait.Core.GetStatus(token);

    void IValueTaskSource<TResult>.OnCompleted(
        Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        Wait.Core.OnCompleted(continuation, state, token, flags);

    /// <summary>The wait's token was cancelled.</summary>
    void Cancel(CancellationToken token)
    {
        lock (this)
        {
            if (!Wait.TryStopFor(token))
                return;
        }

        Wait.Core.SetException(new OperationCanceledException(token));
    }
}
