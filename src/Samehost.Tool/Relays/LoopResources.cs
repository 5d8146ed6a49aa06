using Samehost.Ancillary;

namespace Samehost.Tool.Relays;

/// <summary>What the flows of one loop share, since only one of them runs at a time.</summary>
internal sealed class LoopResources : IDisposable
{
    /// <summary>Copies of this size stay in the processor's cache.</summary>
    private const int BufferSize = 64 * 1024;

    private const int MostPipes = 16;

    // Every descriptor that one message can bring, and what the kernel puts beside them.
    private static readonly int RoomForAll =
        ControlReceiver.RoomForSender(label: true) + ControlLayout.Space(ControlLayout.MostDescriptors * sizeof(int));

    private readonly Stack<SplicePipe> _pipes = new();

    /// <summary>For bytes between a read and the write that follows.</summary>
    public byte[] Buffer { get; private set; } = GC.AllocateUninitializedArray<byte>(BufferSize, pinned: true);

    /// <summary>For the control messages of one read.</summary>
    public byte[] Control { get; } = GC.AllocateArray<byte>(RoomForAll, pinned: true);

    public void MakeRoomFor(int record)
    {
        if (record > Buffer.Length)
            Buffer = GC.AllocateUninitializedArray<byte>(record, pinned: true);
    }

    public SplicePipe? TakePipe() => _pipes.TryPop(out var pipe) ? pipe : SplicePipe.TryCreate();

    /// <summary>Takes a pipe back; one that still holds something is closed.</summary>
    public void Return(SplicePipe pipe)
    {
        if (pipe.Held == 0 && _pipes.Count < MostPipes)
            _pipes.Push(pipe);
        else
            pipe.Dispose();
    }

    public void Dispose()
    {
        while (_pipes.TryPop(out var pipe))
            pipe.Dispose();
    }
}
