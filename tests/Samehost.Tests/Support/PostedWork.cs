namespace Samehost.Tests.Support;

/// <summary>What is to run on an event loop's own thread.</summary>
internal sealed class PostedWork(Action action) : IThreadPoolWorkItem
{
    public void Execute() => action();
}
