using Samehost.Interop;
using Samehost.Tool.Interop;

namespace Samehost.Tool.Relays;

/// <summary>The pipe that pages go through on their way from one socket to another.</summary>
internal sealed class SplicePipe : IDisposable
{
    /// <summary>As large as an ordinary user may make it.</summary>
    public const int Room = 1 << 20;

    private readonly Descriptor _readEnd;
    private readonly Descriptor _writeEnd;

    private SplicePipe(Descriptor readEnd, Descriptor writeEnd) => (_readEnd, _writeEnd) = (readEnd, writeEnd);

    /// <summary>How many bytes are in it.</summary>
    public int Held { get; private set; }

    /// <summary>A pipe, or none when there are no descriptors left for one.</summary>
    public static SplicePipe? TryCreate()
    {
        if (LibcPipe.Create(out var readEnd, out var writeEnd) < 0)
            return null;
        _ = LibcSplice.SetPipeSize(writeEnd!, Room); // a smaller one does too
        return new SplicePipe(readEnd!, writeEnd!);
    }

    /// <summary>Moves bytes from a socket into the pipe, which has to be empty.</summary>
    public int Fill(Descriptor socket)
    {
        int got = LibcSplice.Move(socket, _writeEnd, Room);
        if (got > 0)
            Held += got;
        return got;
    }

    /// <summary>Moves bytes from the pipe into a socket.</summary>
    public int Empty(Descriptor socket)
    {
        int put = LibcSplice.Move(_readEnd, socket, Held);
        if (put > 0)
            Held -= put;
        return put;
    }

    public void Dispose()
    {
        _readEnd.Dispose();
        _writeEnd.Dispose();
    }
}
