using Samehost.Programs.Interop;

namespace Samehost.Programs;

/// <summary>Reads standard input as bytes. A read from a terminal cannot be canceled: it blocks a thread, which may be abandoned.</summary>
internal static class StandardInput
{
    public static async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken)
    {
        int got = await Task.Run(() => StandardDescriptors.Read(buffer.Span), cancellationToken).WaitAsync(cancellationToken);
        return got >= 0 ? got : throw new UnixSocketException((Errno)(-got), "read");
    }
}
