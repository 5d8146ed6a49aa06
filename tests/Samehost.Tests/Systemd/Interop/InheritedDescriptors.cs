// dup2(2), fcntl(2), getenv(3), setenv(3): what a service manager does before it starts a program.
using System.Runtime.InteropServices;
using Samehost.Interop;

namespace Samehost.Tests.Systemd.Interop;

/// <summary>Descriptors with numbers in a row that are not closed on exec, as a program finds them that was started with them.</summary>
internal sealed partial class InheritedDescriptors : IDisposable
{
    // Far above what the tests open, and a range of its own for each test.
    private static int _next = 600;

    public InheritedDescriptors(params SafeHandle[] originals)
    {
        Count = originals.Length;
        First = Interlocked.Add(ref _next, 8) - 8;
        for (var i = 0; i < Count; i++)
            Put(i, originals[i]);
    }

    public int First { get; }

    public int Count { get; }

    public void Put(int index, SafeHandle original)
    {
        using var lease = new DescriptorLease(original);
        if (dup2(lease.Fd, First + index) < 0)
            throw new UnixSocketException((Errno)Marshal.GetLastSystemError(), "dup2");
    }

    public bool IsOpen(int index) => LibcFcntl.GetCloseOnExec(First + index) >= 0;

    public bool IsClosedOnExec(int index) => LibcFcntl.GetCloseOnExec(First + index) == 1;

    public void Dispose()
    {
        for (var i = 0; i < Count; i++)
            new Descriptor(First + i).Dispose();
    }

    public static void SetVariable(string name, string value) => _ = setenv(name, value, 1);

    public static bool IsVariableSet(string name) => getenv(name) != 0;

    [LibraryImport("libc")]
    private static partial int dup2(int from, int to);

    [LibraryImport("libc", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int setenv(string name, string value, int overwrite);

    [LibraryImport("libc", StringMarshalling = StringMarshalling.Utf8)]
    private static partial nint getenv(string name);
}
