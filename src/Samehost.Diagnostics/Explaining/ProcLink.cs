using Samehost.Interop;

namespace Samehost.Diagnostics.Explaining;

/// <summary>The links that the kernel makes up in /proc (proc_pid_fd(5), proc_self(5)).</summary>
internal static class ProcLink
{
    /// <summary>Whether it leads straight to a file, and what it says is only for people: other text would be a name beside it.</summary>
    public static bool IsDirect(ReadOnlySpan<byte> target) => target.IsEmpty || target[0] == (byte)'/' || target.Contains((byte)':');

    /// <summary>Whether it leads to the process that goes there, whichever that is.</summary>
    public static bool IsSelf(ReadOnlySpan<byte> location) => location.EndsWith("/self"u8) || location.EndsWith("/thread-self"u8);

    /// <summary>The path of the working directory; a dot where that is not to be known.</summary>
    public static byte[] WorkingDirectory()
    {
        if (LibcFile.Open("/proc/self/cwd"u8, LibcFile.O_PATH | LibcFile.O_NOFOLLOW, 0, out Descriptor? link) < 0)
            return "."u8.ToArray();
        using (link)
            return LibcWalk.ReadLink(link!, out byte[] target) < 0 ? "."u8.ToArray() : target;
    }
}
