using Samehost.Interop;

namespace Samehost.Inspection;

/// <summary>The capabilities that lift file permissions, by number (capabilities(7)).</summary>
internal enum Capability
{
    DacOverride = 1,
    DacReadSearch = 2,
    FileOwner = 3,
    TraceProcesses = 19,
}

/// <summary>The user, groups and capabilities against which the kernel checks file permissions (credentials(7)).</summary>
internal sealed record FileCredentials(uint User, uint Group, IReadOnlyList<uint> Groups, ulong Capabilities)
{
    /// <summary>Reads the credentials of the calling thread (proc_pid_status(5)); zero or <c>-errno</c>.</summary>
    /// <param name="credentials">The credentials with the effective capabilities.</param>
    /// <param name="bounding">The capabilities that this process could ever have.</param>
    public static int OfThisThread(out FileCredentials? credentials, out ulong bounding) =>
        Of("/proc/thread-self/status", out credentials, out bounding);

    /// <summary>Reads the credentials of another process; zero or <c>-errno</c>.</summary>
    public static int OfProcess(int processId, out FileCredentials? credentials) =>
        Of($"/proc/{processId}/status", out credentials, out _);

    private static int Of(string status, out FileCredentials? credentials, out ulong bounding)
    {
        credentials = null;
        bounding = 0;
        // Threads can differ: setfsuid(2) changes one.
        var fields = new Dictionary<string, string[]>();
        try
        {
            foreach (var line in File.ReadLines(status))
            {
                var colon = line.IndexOf(':');
                fields[line[..colon]] = line[(colon + 1)..].Split((char[])['\t', ' '], StringSplitOptions.RemoveEmptyEntries);
            }
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            return -(int)Errno.ENOENT;
        }
        bounding = Mask(fields["CapBnd"][0]);
        credentials = new FileCredentials(
            Numbers.Parse<uint>(fields["Uid"][3]), // real, effective, saved, file system
            Numbers.Parse<uint>(fields["Gid"][3]),
            [.. fields["Groups"].Select(group => Numbers.Parse<uint>(group))],
            Mask(fields["CapEff"][0]));
        return 0;
    }

    /// <summary>Whether a group is one of the user's, the main one included.</summary>
    public bool IsInGroup(uint group) => Group == group || Groups.Contains(group);

    public bool Has(Capability capability) => (Capabilities & (1UL << (int)capability)) != 0;

    public bool IsSameAs(FileCredentials? other) => other is not null && User == other.User && Group == other.Group
        && Groups.SequenceEqual(other.Groups) && Capabilities == other.Capabilities;

    public override string ToString() => PrintableText.User(User);

    private static ulong Mask(string text) =>
        Numbers.TryParseHex(text, out ulong mask) ? mask : throw new FormatException($"'{text}' is not a mask.");
}
