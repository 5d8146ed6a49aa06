using Samehost.Interop;

namespace Samehost.Inspection;

/// <summary>One mount: the type of its file system, whether the file system itself (not just this mount) is read-only, and its
/// device.</summary>
internal sealed record MountRow(string FileSystem, bool IsReadOnlyItself, uint DeviceMajor, uint DeviceMinor)
{
    /// <summary>A file of this mount as the kernel's table of sockets has it: file systems of layers and subvolumes (overlay, btrfs) show
    /// other devices in stat(2).</summary>
    public FileId InSocketTable(FileId file) => file with { DeviceMajor = DeviceMajor, DeviceMinor = DeviceMinor };
}

/// <summary>The mounts of this process's mount namespace (proc_pid_mountinfo(5)); empty where there is no /proc.</summary>
internal sealed class MountTable
{
    // Each answer of such a file system takes another program or machine, and may never come.
    private static readonly string[] SlowTypes = ["fuse", "nfs", "cifs", "smb", "autofs", "9p", "ceph", "afs"];

    private readonly Dictionary<ulong, MountRow> _rows = [];
    private readonly List<byte[]> _slow = [];

    public MountTable() => Read("/proc/self/mountinfo");

    /// <summary>Adds the mounts of another process, which may be in another mount namespace; the numbers are the machine's.</summary>
    /// <param name="process">Its directory in /proc.</param>
    public void AddFrom(string process) => Read(process + "/mountinfo");

    public MountRow? Find(ulong mount) => _rows.GetValueOrDefault(mount);

    /// <summary>The file of a descriptor as the kernel's table of sockets has it; as stat(2) has it where its mount is not known.</summary>
    public static FileId InSocketTable(Descriptor file, FileId id) =>
        LibcWalk.Mount(file, out var mount) >= 0 && new MountTable().Find(mount.Id) is { } row ? row.InSocketTable(id) : id;

    private void Read(string path)
    {
        try
        {
            ReadOnlySpan<byte> text = File.ReadAllBytes(path);
            foreach (var line in text.Split((byte)'\n'))
                Add(text[line]);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            // Without /proc the path walk does not name file systems.
        }
    }

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
        var device = Field(line, 2);
        var colon = device.IndexOf((byte)':');
        if (colon < 0 || !Numbers.TryParse(device[..colon], out uint major) || !Numbers.TryParse(device[(colon + 1)..], out uint minor))
            return;
        _rows[mount] = new MountRow(words[0], words[2].Split(',').Contains("ro"), major, minor);
        if (SlowTypes.Any(type => words[0].StartsWith(type, StringComparison.Ordinal)))
            _slow.Add(Field(line, 4).ToArray());
    }

    private static ReadOnlySpan<byte> Field(ReadOnlySpan<byte> line, int number)
    {
        for (; number > 0; number--)
            line = line[(line.IndexOf((byte)' ') + 1)..];
        return line[..line.IndexOf((byte)' ')];
    }
}
