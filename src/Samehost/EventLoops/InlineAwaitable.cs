using System.Runtime.CompilerServices;

namespace Samehost.EventLoops;

/// <summary>
/// Awaits a task and continues on the thread that completes it, or at once where it has completed meanwhile. A plain await continues on the
/// thread pool in the latter case, and waits there for as long as all threads of the pool are blocked.
/// </summary>
internal readonly struct InlineAwaitable(Task task) : ICriticalNotifyCompletion
{
    public bool IsCompleted => task.IsCompleted;

    public InlineAwaitable GetAwaiter() => this;

    public void GetResult() => task.GetAwaiter().GetResult();

    public void OnCompleted(Action continuation) => UnsafeOnCompleted(continuation);

    public void UnsafeOnCompleted(Action continuation) =>
        task.ContinueWith(
            static (_, continuation) => ((Action)continuation!)(),
            continuation, CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
}
