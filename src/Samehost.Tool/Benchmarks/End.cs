using System.Runtime.InteropServices;
using Samehost.Tool.Interop;

namespace Samehost.Tool.Benchmarks;

/// <summary>One side of a transport: where it reads and where it writes, which for a socket is the same. Its calls wait.</summary>
/// <param name="reading">Where it reads.</param>
/// <param name="writing">Where it writes.</param>
/// <param name="keepsRecords">What is written at once is read at once.</param>
/// <param name="owner">Whoever closes the handles; null when they are closed here.</param>
internal sealed class End(SafeHandle reading, SafeHandle writing, bool keepsRecords, IDisposable? owner = null) : IDisposable
{
    public IReadOnlyList<SafeHandle> Handles => reading == writing ? [reading] : [reading, writing];

    public SafeHandle Handle => reading;

    /// <summary>What is written at once is read at once.</summary>
    public bool KeepsRecords => keepsRecords;

    /// <summary>How many bytes came, 0 at the end; or the negative errno.</summary>
    public int Read(Span<byte> buffer) => LibcTransport.Read(reading, buffer);

    /// <summary>Writes everything: 0, or the negative errno.</summary>
    public int Write(ReadOnlySpan<byte> bytes)
    {
        do
        {
            int written = LibcTransport.Write(writing, bytes);
            if (written < 0)
                return written;
            bytes = bytes[written..];
        }
        while (bytes.Length > 0);
        return 0;
    }

    public void Dispose()
    {
        if (owner is not null)
        {
            owner.Dispose();
            return;
        }

        // The other side of a connection sees its end; where there is no connection, an empty message tells it.
        if (keepsRecords)
            _ = LibcTransport.Write(writing, []);
        writing.Dispose();
        reading.Dispose();
    }
}
