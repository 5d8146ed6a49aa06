namespace Samehost.Programs;

/// <summary>Receives answers, and checks every second of waiting that the server still exists.</summary>
internal sealed class AnswerReceiver(UnixDatagram socket, UnixEndPoint server)
{
    private static readonly TimeSpan CheckInterval = TimeSpan.FromSeconds(1);

    private readonly byte[] _buffer = new byte[DatagramText.BufferSize];

    /// <summary>Whether the error means that no socket is bound to the server's address any more.</summary>
    public static bool IsServerTerminated(UnixSocketException error) =>
        error.Errno is Errno.ECONNREFUSED or Errno.ENOENT or Errno.ENOTCONN or Errno.ECONNRESET;

    /// <summary>Receives the next answer.</summary>
    public async ValueTask<ReadOnlyMemory<byte>> NextAsync(CancellationToken cancellationToken)
    {
        var receiving = socket.ReceiveAsync(_buffer, cancellationToken);
        var result = receiving.IsCompleted ? await receiving : await WaitAsync(receiving.AsTask(), cancellationToken);
        if (result.IsTruncated)
            Output.Error($"a datagram of {result.Length} bytes was cut to {result.Count}");
        return _buffer.AsMemory(0, DatagramText.Of(_buffer.AsSpan(0, result.Count)).Length);
    }

    private async Task<UnixMessage> WaitAsync(Task<UnixMessage> receiving, CancellationToken cancellationToken)
    {
        while (true)
        {
            try
            {
                return await receiving.WaitAsync(CheckInterval, cancellationToken);
            }
            catch (TimeoutException)
            {
                // A receive does not fail when the peer closes, but the connect of a second socket does.
                using var probe = UnixDatagram.Create();
                probe.Connect(server);
            }
        }
    }
}
