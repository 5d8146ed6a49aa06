using System.Globalization;
using System.Text;
using Samehost.Interop;

namespace Samehost.SocketFiles;

/// <summary>Who has the socket at a path, as far as this process may see: for messages only, never for a decision.</summary>
internal static class SocketOwner
{
    /// <summary>Such as <c>pid 812 (redis-server), user redis</c>.</summary>
    public static string Describe(BindRequest binding, FileId file)
    {
        if (Find(binding, file) is not { } entry)
            return "a process that cannot be seen from here";
        string user = entry.User is uint id ? UserText(id) : "a user that cannot be seen from here";
        return FindProcess(entry.SocketInode) is { } pid ? $"pid {pid} ({Program(pid)}), {user}" : $"a process of {user}";
    }

    public static string UserText(uint user) => LibcAccount.FindUserName(user) is { } name ? $"user {Escape(name)}" : $"user {user}";

    /// <summary>Makes what a stranger may have chosen safe to print.</summary>
    public static string Escape(string text)
    {
        var safe = new StringBuilder(text.Length);
        foreach (Rune rune in text.EnumerateRunes())
        {
            if (Rune.GetUnicodeCategory(rune) is UnicodeCategory.Control or UnicodeCategory.Format or UnicodeCategory.LineSeparator
                or UnicodeCategory.ParagraphSeparator or UnicodeCategory.Surrogate or UnicodeCategory.PrivateUse)
                safe.Append(CultureInfo.InvariantCulture, $"\\u{rune.Value:x4}");
            else
                safe.Append(rune.ToString());
        }
        return safe.ToString();
    }

    private static SockDiagEntry? Find(BindRequest binding, FileId file)
    {
        var entries = new List<SockDiagEntry>();
        _ = SockDiag.List(entries); // an incomplete list is better than none
        uint device = (file.DeviceMajor << 20) | file.DeviceMinor; // how the kernel itself writes a device number
        // On overlay and btrfs file systems the kernel's device number is not the one of stat; then the name decides.
        var matches = entries.FindAll(e => e.FileInode == (uint)file.Inode
            && (e.FileDevice == device || e.Name.AsSpan().TrimEnd((byte)0).SequenceEqual(binding.Path)));
        // An accepted connection bears the name and file of its listener: the one that is not connected is asked for.
        int index = matches.FindIndex(e => e.State != SockDiagEntry.Established);
        return index >= 0 ? matches[index] : matches.Count > 0 ? matches[0] : null;
    }

    private static int? FindProcess(uint socketInode)
    {
        string wanted = $"socket:[{socketInode}]";
        foreach (string directory in Listed("/proc"))
        {
            if (!Numbers.TryParse(Path.GetFileName(directory.AsSpan()), out int pid))
                continue;
            foreach (string descriptor in Listed(directory + "/fd"))
            {
                if (LinkTarget(descriptor) == wanted)
                    return pid;
            }
        }
        return null;
    }

    private static string Program(int pid)
    {
        try
        {
            return Escape(File.ReadAllText($"/proc/{pid}/comm").TrimEnd('\n'));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return "gone";
        }
    }

    private static string? LinkTarget(string link)
    {
        try
        {
            return new FileInfo(link).LinkTarget;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null; // closed meanwhile
        }
    }

    /// <summary>The entries of a directory in /proc; none when the process is somebody else's or has ended.</summary>
    private static string[] Listed(string directory)
    {
        try
        {
            return Directory.GetFileSystemEntries(directory);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return [];
        }
    }
}
