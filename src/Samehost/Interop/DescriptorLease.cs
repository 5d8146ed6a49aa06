// close(2): what must not happen while another call uses the descriptor.
using System.Runtime.InteropServices;

namespace Samehost.Interop;

/// <summary>Keeps a descriptor from being closed (and its number from being reused) for the length of one system call.</summary>
internal readonly ref struct DescriptorLease
{
    private readonly SafeHandle _handle;

    public DescriptorLease(SafeHandle handle)
    {
        bool taken = false;
        handle.DangerousAddRef(ref taken); // throws ObjectDisposedException when it was closed already
        _handle = handle;
        Fd = (int)handle.DangerousGetHandle();
    }

    public int Fd { get; }

    public void Dispose() => _handle.DangerousRelease();
}
