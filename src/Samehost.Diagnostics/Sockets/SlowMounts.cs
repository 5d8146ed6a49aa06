namespace Samehost.Diagnostics.Sockets;

/// <summary>
/// Where file systems are mounted that ask another program or machine for each answer, and hang when it does: a look at all sockets must
/// not depend on them (proc_pid_mountinfo(5)).
/// </summary>
internal sealed class SlowMounts
{
    private readonly List<byte[]> _points = [];

    public static SlowMounts Read()
    {
        var mounts = new SlowMounts();
        try
        {
            mounts.Read(System.IO.File.ReadAllBytes("/proc/self/mountinfo"));
        }
        catch (IOException)
        {
            // without /proc nothing is known of them
        }
        return mounts;
    }

    public bool Contains(ReadOnlySpan<byte> path)
    {
        foreach (byte[] point in _points)
        {
            if (path.StartsWith(point) && (path.Length == point.Length || path[point.Length] == (byte)'/'))
                return true;
        }
        return false;
    }

    /// <summary>A line: numbers, root, mount point, options, " - ", type, and more.</summary>
    private void Read(ReadOnlySpan<byte> text)
    {
        while (!text.IsEmpty)
        {
            int end = text.IndexOf((byte)'\n');
            ReadOnlySpan<byte> line = end < 0 ? text : text[..end];
            text = end < 0 ? [] : text[(end + 1)..];
            int type = line.IndexOf(" - "u8);
            if (type < 0 || !IsSlow(line[(type + 3)..]))
                continue;
            ReadOnlySpan<byte> point = line;
            for (int field = 0; field < 4; field++)
                point = point[(point.IndexOf((byte)' ') + 1)..];
            _points.Add(point[..point.IndexOf((byte)' ')].ToArray());
        }
    }

    private static bool IsSlow(ReadOnlySpan<byte> type) =>
        type.StartsWith("fuse"u8) || type.StartsWith("nfs"u8) || type.StartsWith("cifs"u8) || type.StartsWith("smb"u8)
        || type.StartsWith("autofs"u8) || type.StartsWith("9p"u8) || type.StartsWith("ceph"u8) || type.StartsWith("afs"u8);
}
