namespace Samehost.Tests.Support;

/// <summary>
/// This process's sockets and event descriptors at one moment: the kinds that the library opens. The runtime opens files of
/// its own whenever it likes.
/// </summary>
internal sealed class OpenDescriptors
{
    private readonly HashSet<string> _sockets = Sockets();
    private readonly int _events = Events();

    /// <summary>Every socket by its inode, which is never another's while this one is open.</summary>
    public static HashSet<string> Sockets() => [.. Targets().Where(t => t.StartsWith("socket:", StringComparison.Ordinal))];

    /// <summary>Waits until nothing is open that was not open then.</summary>
    public async Task AreBackAsync()
    {
        await Eventually.IsTrueAsync(
            () => Sockets().IsSubsetOf(_sockets),
            $"sockets closed; before {_sockets.Count}, now {Sockets().Count}");
        await Eventually.IsTrueAsync(() => Events() <= _events, $"event descriptors closed; before {_events}, now {Events()}");
    }

    private static int Events() => Targets().Count(t => t.Contains("eventfd", StringComparison.Ordinal));

    private static IEnumerable<string> Targets()
    {
        foreach (var link in Directory.GetFileSystemEntries("/proc/self/fd"))
        {
            string? target = null;
            try
            {
                target = new FileInfo(link).LinkTarget;
            }
            catch (IOException)
            {
                // closed since the listing
            }

            if (target is not null)
                yield return target;
        }
    }
}
