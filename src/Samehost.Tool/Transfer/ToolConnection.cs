using System.Runtime.InteropServices;
using Samehost.Tool.Interop;

namespace Samehost.Tool.Transfer;

/// <summary>A connection, whatever its type, as a command uses it.</summary>
internal abstract class ToolConnection : IDisposable
{
    /// <summary>True where what is sent at once is received at once.</summary>
    public abstract bool KeepsRecords { get; }

    public abstract SafeHandle Handle { get; }

    /// <summary>Receives bytes or a record; −1 at the end. While it waits the buffer is not rented.</summary>
    public abstract ValueTask<int> ReceiveAsync(LentBuffer buffer, CancellationToken stop);

    public abstract ValueTask SendAsync(ReadOnlyMemory<byte> bytes, CancellationToken stop);

    /// <summary>Tells the peer that nothing more will come.</summary>
    public abstract void EndSending();

    /// <summary>Reads give what has arrived, and then the end.</summary>
    public void StopReading()
    {
        if (!Handle.IsClosed)
            LibcConnection.StopReading(Handle);
    }

    public abstract void Dispose();

    public static ToolConnection Of(UnixStream stream) => new StreamConnection(stream);

    public static ToolConnection Of(UnixSeqpacket seqpacket) => new SeqpacketConnection(seqpacket);
}
