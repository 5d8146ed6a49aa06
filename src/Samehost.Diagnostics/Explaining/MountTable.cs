using Samehost.Interop;

namespace Samehost.Diagnostics.Explaining;

/// <summary>What is mounted: its type, and whether the file system itself is read-only and not just this mount of it.</summary>
internal sealed record MountRow(string FileSystem, bool IsReadOnlyItself);

/// <summary>The mounts of this process's namespace by their numbers (proc_pid_mountinfo(5)).</summary>
internal sealed class MountTable
{
    private readonly Dictionary<ulong, MountRow> _rows = [];

    public MountTable()
    {
        try
        {
            foreach (string line in File.ReadLines("/proc/self/mountinfo"))
                Add(line.Split(' '));
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            // Without /proc the walk does not name file systems.
        }
    }

    public MountRow? Find(ulong mount) => _rows.GetValueOrDefault(mount);

    // 36 35 98:0 /mnt1 /mnt2 rw,noatime master:1 - ext3 /dev/root rw,errors=continue
    private void Add(string[] words)
    {
        int dash = Array.IndexOf(words, "-", 6);
        if (dash < 0 || dash + 3 >= words.Length
            || !Numbers.TryParse(words[0], out ulong mount))
            return;
        _rows[mount] = new MountRow(SafeText.Of(words[dash + 1]), words[dash + 3].Split(',').Contains("ro"));
    }
}
