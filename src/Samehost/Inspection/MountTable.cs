using Samehost.Interop;

namespace Samehost.Inspection;

/// <summary>One mount: the type of its file system, and whether the file system itself (not just this mount) is read-only.</summary>
internal sealed record MountRow(string FileSystem, bool IsReadOnlyItself);

/// <summary>The mounts of this process's mount namespace (proc_pid_mountinfo(5)); empty where there is no /proc.</summary>
internal sealed class MountTable
{
    // Each answer of such a file system takes another program or machine, and may never come.
    private static readonly string[] SlowTypes = ["fuse", "nfs", "cifs", "smb", "autofs", "9p", "ceph", "afs"];

    private readonly Dictionary<ulong, MountRow> _rows = [];
    private readonly List<byte[]> _slow = [];

    public MountTable()
    {
        try
        {
            ReadOnlySpan<byte> text = File.ReadAllBytes("/proc/self/mountinfo");
            foreach (var line in text.Split((byte)'\n'))
                Add(text[line]);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            // Without /proc the path walk does not name file systems.
        }
    }

    public MountRow? Find(ulong mount) => _rows.GetValueOrDefault(mount);

    /// <summary>Whether a path leads below a mount point of a network, FUSE or automount file system.</summary>
    public bool IsSlow(ReadOnlySpan<byte> path)
    {
        foreach (var point in _slow)
        {
            if (path.StartsWith(point) && (path.Length == point.Length || path[point.Length] == (byte)'/'))
                return true;
        }
        return false;
    }

    // 36 35 98:0 /mnt1 /mnt2 rw,noatime master:1 - ext3 /dev/root rw,errors=continue
    private void Add(ReadOnlySpan<byte> line)
    {
        var dash = line.IndexOf(" - "u8);
        if (dash < 0)
            return;
        var words = PrintableText.Of(line[(dash + 3)..]).Split(' ');
        if (words.Length < 3 || !Numbers.TryParse(line[..line.IndexOf((byte)' ')], out ulong mount))
            return;
        _rows[mount] = new MountRow(words[0], words[2].Split(',').Contains("ro"));
        if (!SlowTypes.Any(type => words[0].StartsWith(type, StringComparison.Ordinal)))
            return;
        var point = line;
        for (var field = 0; field < 4; field++)
            point = point[(point.IndexOf((byte)' ') + 1)..];
        _slow.Add(point[..point.IndexOf((byte)' ')].ToArray());
    }
}
