using System.Buffers.Binary;
using Samehost.Framing;
using Samehost.Interop;

namespace Samehost.Tests.Framing;

/// <summary>Two connected streams: one for a peer that writes bytes as it likes, one for a reader.</summary>
internal sealed class FramePair : IDisposable
{
    public FramePair(bool acceptDescriptors = false)
    {
        (Peer, Own) = UnixStream.CreatePair();
        Own.AcceptDescriptors = acceptDescriptors;
    }

    public UnixStream Peer { get; }

    public UnixStream Own { get; }

    /// <summary>The frame, as it goes over the wire.</summary>
    public static byte[] Encode(ReadOnlySpan<byte> payload, bool bigEndian = false)
    {
        var frame = new byte[4 + payload.Length];
        if (bigEndian)
            BinaryPrimitives.WriteInt32BigEndian(frame, payload.Length);
        else
            BinaryPrimitives.WriteInt32LittleEndian(frame, payload.Length);
        payload.CopyTo(frame.AsSpan(4));
        return frame;
    }

    /// <summary>Bytes that differ from those of any other number.</summary>
    public static byte[] Numbered(int number, int length = 8)
    {
        var payload = new byte[length];
        for (var i = 0; i < length; i++)
            payload[i] = (byte)(i * 31 + number * 7);
        return payload;
    }

    /// <summary>Reads what has arrived, gives up waiting for more, and returns true while the stream goes on.</summary>
    public bool Drain(FrameReader reader, List<byte[]> into)
    {
        using var cancellation = new CancellationTokenSource();
        while (true)
        {
            var wait = reader.WaitToReadAsync(cancellation.Token).AsTask();
            // The waiting call may not have seen yet what has arrived; the peer would run out of room if that stayed unread.
            SpinWait.SpinUntil(() => wait.IsCompleted || !LibcPoll.IsReady(Own.Context, LibcPoll.POLLIN));
            if (!wait.IsCompleted)
                cancellation.Cancel();
            try
            {
                if (!wait.GetAwaiter().GetResult())
                    return false;
            }
            catch (OperationCanceledException)
            {
                return true;
            }

            while (reader.TryRead(out var frame))
                into.Add(frame.Span.ToArray());
        }
    }

    public void Dispose()
    {
        Peer.Dispose();
        Own.Dispose();
    }
}
