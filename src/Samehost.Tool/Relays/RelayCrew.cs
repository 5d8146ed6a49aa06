namespace Samehost.Tool.Relays;

/// <summary>The loops that share the links.</summary>
internal sealed class RelayCrew : IDisposable
{
    private const int MostLoops = 4;

    private readonly RelayLoop[] _loops;

    /// <param name="inOrder">All links go through one thread, so that a watcher sees them in order.</param>
    public RelayCrew(bool inOrder)
    {
        int count = inOrder ? 1 : Math.Min(Environment.ProcessorCount, MostLoops);
        _loops = [.. Enumerable.Range(0, count).Select(_ => new RelayLoop())];
        Failed = Task.WhenAny(_loops.Select(l => l.Completion)).Unwrap();
    }

    /// <summary>Ends only when a loop does, with its error.</summary>
    public Task Failed { get; }

    public void Add(Link link) => _loops.MinBy(l => l.Count)!.Add(link);

    public void Stop() => Array.ForEach(_loops, l => l.Stop());

    public void Dispose() => Array.ForEach(_loops, l => l.Dispose());
}
