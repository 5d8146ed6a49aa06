using Samehost.Programs.Interop;

namespace Samehost.Programs;

/// <summary>Standard input as bytes. A read from a terminal cannot be interrupted: it waits on a thread that may be left behind.</summary>
internal static class StandardInput
{
    public static async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken stop)
    {
        int got = await Task.Run(() => StandardDescriptors.Read(buffer.Span), stop).WaitAsync(stop);
        return got >= 0 ? got : throw new UnixSocketException((Errno)(-got), "read");
    }
}
