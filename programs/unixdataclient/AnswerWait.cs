namespace Samehost.Programs;

/// <summary>Waits for an answer, and checks at an interval that the server is still bound.</summary>
internal sealed class AnswerWait(UnixDatagram socket, UnixEndPoint server)
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);

    private readonly byte[] _buffer = new byte[DatagramText.BufferSize];

    /// <summary>Whether the error means that no socket is bound to the server's address any more.</summary>
    public static bool IsClosed(UnixSocketException error) =>
        error.Errno is Errno.ECONNREFUSED or Errno.ENOENT or Errno.ENOTCONN or Errno.ECONNRESET;

    public async ValueTask<ReadOnlyMemory<byte>> NextAsync(CancellationToken cancellationToken)
    {
        ValueTask<UnixMessage> receiving = socket.ReceiveAsync(_buffer, cancellationToken);
        UnixMessage got = receiving.IsCompleted ? await receiving : await WatchAsync(receiving.AsTask(), cancellationToken);
        if (got.IsTruncated)
            Output.Error($"a datagram of {got.Length} bytes was cut to {got.Count}");
        return _buffer.AsMemory(0, DatagramText.Of(_buffer.AsSpan(0, got.Count)).Length);
    }

    private async Task<UnixMessage> WatchAsync(Task<UnixMessage> receiving, CancellationToken cancellationToken)
    {
        while (true)
        {
            try
            {
                return await receiving.WaitAsync(Interval, cancellationToken);
            }
            catch (TimeoutException)
            {
                // A receiver is not notified when its peer ends; a second socket that connects and sends nothing finds out.
                using UnixDatagram probe = UnixDatagram.Create();
                probe.Connect(server);
            }
        }
    }
}
