using Samehost.EventLoops;

namespace Samehost.Sockets;

/// <summary>What all reads of a stream that may have to wait have in common.</summary>
internal abstract class StreamReadOperation(StreamState stream) : PendingOperation<int>
{
    protected StreamState Stream => stream;

    /// <summary>Makes the outcome of one receive into <paramref name="room"/> bytes; false when there was nothing.</summary>
    protected bool Conclude(int result, int room, ref bool drained)
    {
        if (result == BlockingCall.Again)
            return false;
        if (result < 0)
        {
            SetOutcome(stream.Failure(result, "read"));
            return true;
        }

        SetOutcome(result);
        drained = result > 0 && result < room && stream.Core.RefusesDescriptors;
        return true;
    }
}
