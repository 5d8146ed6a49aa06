using Samehost.Interop;

namespace Samehost.Systemd;

/// <summary>What LISTEN_PID, LISTEN_FDS and LISTEN_FDNAMES say (sd_listen_fds(3)): the name of each descriptor passed, in order.</summary>
internal static class ListenVariables
{
    /// <summary>The number of the first descriptor passed (SD_LISTEN_FDS_START).</summary>
    public const int FirstDescriptor = 3;

    private const string Pid = "LISTEN_PID";
    private const string Count = "LISTEN_FDS";
    private const string Names = "LISTEN_FDNAMES";
    private const string PidFdId = "LISTEN_PIDFDID"; // the inode of the pidfd of the process that LISTEN_PID names

    /// <summary>The name that sd_listen_fds_with_names(3) gives where the manager gives none.</summary>
    private const string NameWhereNone = "unknown";

    /// <summary>More than any process may have open, so a number above it is no count.</summary>
    private const int MostDescriptors = int.MaxValue - FirstDescriptor;

    /// <summary>The names of the variables.</summary>
    public static ReadOnlySpan<string> All => (string[])[Pid, PidFdId, Count, Names];

    /// <summary>Reads the variables and removes them, so that no program started later takes them for its own.</summary>
    /// <param name="environment">Where they are.</param>
    /// <param name="isOpen">Looks whether a descriptor is there; asked before anything is made of a count.</param>
    /// <exception cref="InvalidDataException">They contradict themselves, or what is open.</exception>
    public static string[] Take(ServiceEnvironment environment, Action<string, string, int> isOpen)
    {
        string? pid = environment.Get(Pid);
        string? count = environment.Get(Count);
        string? names = environment.Get(Names);
        foreach (string name in All)
            environment.Clear(name);
        if (pid is null || count is null || !environment.IsMeantForUs(Pid, pid))
            return [];
        if (!Numbers.TryParse(count, out long number) || number > MostDescriptors)
            throw ServiceEnvironment.Problem(Count, count, "a count of descriptors was expected.");

        // One at a time, so that a huge count ends at the first number that is not open and not with a huge array.
        for (int i = 0; i < number; i++)
            isOpen(Count, count, i);
        return Split(names, (int)number);
    }

    private static string[] Split(string? names, int count)
    {
        if (names is null)
            return [.. Enumerable.Repeat(NameWhereNone, count)];
        string[] parts = names.Length == 0 && count == 0 ? [] : names.Split(':');
        return parts.Length == count
            ? parts
            : throw ServiceEnvironment.Problem(Names, names, $"it names {parts.Length} descriptors, and {Count} says {count}.");
    }
}
