using System.Runtime.CompilerServices;

namespace Samehost.Framing;

/// <summary>Receives bytes with descriptors, and reports failure as the reads of a stream do.</summary>
internal static class FrameTransfer
{
    public static UnixMessage Receive(InputBuffer input, int wanted, DescriptorOptions descriptors)
    {
        try
        {
            return input.Stream.Receive(input.MakeRoom(wanted).Span, descriptors);
        }
        catch (UnixSocketException failure)
        {
            throw new IOException(failure.Message, failure);
        }
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    public static async ValueTask<UnixMessage> ReceiveAsync(
        InputBuffer input, int wanted, DescriptorOptions descriptors, CancellationToken cancellationToken)
    {
        try
        {
            return await input.Stream.ReceiveAsync(input.MakeRoom(wanted), descriptors, cancellationToken).ConfigureAwait(false);
        }
        catch (UnixSocketException failure)
        {
            throw new IOException(failure.Message, failure);
        }
    }
}
