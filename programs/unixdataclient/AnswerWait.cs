namespace Samehost.Programs;

/// <summary>Waits for an answer, and asks now and then whether anybody is still there to give one.</summary>
internal sealed class AnswerWait(UnixDatagram socket, UnixEndPoint server)
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);

    private readonly byte[] _buffer = new byte[DatagramText.BufferSize];

    /// <summary>True when the error says that nobody is bound to the server's address any more.</summary>
    public static bool IsGone(UnixSocketException error) =>
        error.Errno is Errno.ECONNREFUSED or Errno.ENOENT or Errno.ENOTCONN or Errno.ECONNRESET;

    public async ValueTask<ReadOnlyMemory<byte>> NextAsync(CancellationToken stop)
    {
        ValueTask<UnixDatagramReceiveResult> receiving = socket.ReceiveAsync(_buffer, stop);
        UnixDatagramReceiveResult got = receiving.IsCompleted ? await receiving : await WatchAsync(receiving.AsTask(), stop);
        if (got.IsTruncated)
            Output.Error($"a datagram of {got.Length} bytes was cut to {got.Count}");
        return _buffer.AsMemory(0, DatagramText.Of(_buffer.AsSpan(0, got.Count)).Length);
    }

    private async Task<UnixDatagramReceiveResult> WatchAsync(Task<UnixDatagramReceiveResult> receiving, CancellationToken stop)
    {
        while (true)
        {
            try
            {
                return await receiving.WaitAsync(Interval, stop);
            }
            catch (TimeoutException)
            {
                // A receiver is not told that its peer died; a second socket that connects and sends nothing finds out.
                using UnixDatagram probe = UnixDatagram.Create();
                probe.Connect(server);
            }
        }
    }
}
