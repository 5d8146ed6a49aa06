using System.IO.Pipes;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Samehost.Tests.Framing;

/// <summary>A pipe whose write end is sent: it identifies the descriptor that arrived, and shows if all its copies were closed.</summary>
internal sealed class MarkedPipe : IDisposable
{
    private readonly AnonymousPipeServerStream _reading = new(PipeDirection.In);

    /// <summary>What is sent.</summary>
    public SafeHandle[] Ends => [_reading.ClientSafePipeHandle];

    /// <summary>True when this is the writing end of this very pipe. Closes it.</summary>
    public bool IsThis(SafeFileHandle end)
    {
        var mark = (byte)Random.Shared.Next(256);
        using (var writing = new FileStream(end, FileAccess.Write, bufferSize: 0))
            writing.WriteByte(mark);
        return _reading.ReadByte() == mark;
    }

    /// <summary>Waits until every copy of the write end is closed; false if a byte was written instead.</summary>
    public bool IsClosedEverywhere()
    {
        _reading.DisposeLocalCopyOfClientHandle();
        return _reading.ReadByte() < 0;
    }

    public void Dispose() => _reading.Dispose();
}
