namespace Samehost.Tests.Support;

/// <summary>Runs an action on the thread of an event loop.</summary>
internal sealed class PostedWork(Action action) : IThreadPoolWorkItem
{
    public void Execute() => action();
}
