using Samehost.Interop;
using Samehost.Tests.Ancillary.Interop;

namespace Samehost.Tests.Ancillary;

/// <summary>A descriptor whose duplicates in this process can be counted, regardless of other descriptors.</summary>
internal sealed class TrackedDescriptor : IDisposable
{
    private readonly string _name = $"samehost-{Guid.NewGuid():N}";

    public TrackedDescriptor() => Descriptor = MemoryFile.Create(_name);

    public Descriptor Descriptor { get; }

    /// <summary>How many descriptors of this process stand for it.</summary>
    public int Count => Numbers.Length;

    /// <summary>Whether each of them is closed on exec, according to fdinfo (proc_pid_fdinfo(5)).</summary>
    public bool AllCloseOnExec => Array.TrueForAll(Numbers, static number =>
        (Convert.ToInt32(File.ReadLines("/proc/self/fdinfo/" + number).First(l =>
            l.StartsWith("flags:", StringComparison.Ordinal))[6..].Trim(), 8)
            & 0x80000) != 0);

    private string[] Numbers => [.. Directory.GetFileSystemEntries("/proc/self/fd").Where(IsOurs).Select(p => Path.GetFileName(p))];

    /// <summary>A copy that has no owner, as one that the kernel has just put into a control message.</summary>
    public int Stray()
    {
        _ = LibcFcntl.Duplicate(Descriptor, out var copy);
        var number = copy!.Number;
        copy.SetHandleAsInvalid();
        return number;
    }

    public void Dispose() => Descriptor.Dispose();

    private bool IsOurs(string link)
    {
        try
        {
            return new FileInfo(link).LinkTarget?.Contains(_name, StringComparison.Ordinal) == true;
        }
        catch (IOException)
        {
            return false; // closed since the listing
        }
    }
}
