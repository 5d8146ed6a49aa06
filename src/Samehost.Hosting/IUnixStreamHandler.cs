namespace Samehost.Hosting;

/// <summary>Serves the stream connections of a hosted server.</summary>
/// <remarks>Each connection has an instance of its own, from a scope of its own, which ends with the connection.</remarks>
public interface IUnixStreamHandler
{
    /// <summary>Serves one connection, which is closed when the task ends.</summary>
    /// <param name="stream">The connection; <see cref="UnixStream.GetPeerCredentials"/> says which user has connected.</param>
    /// <param name="cancellationToken">Canceled when the server stops; the connection is closed after the time to drain.</param>
    /// <returns>A task that ends when the connection has been served. Its exception is logged and ends this connection only.</returns>
    Task HandleAsync(UnixStream stream, CancellationToken cancellationToken);
}

/// <summary>Serves the seqpacket connections of a hosted server.</summary>
/// <remarks>Each connection has an instance of its own, from a scope of its own, which ends with the connection.</remarks>
public interface IUnixSeqpacketHandler
{
    /// <summary>Serves one connection, which is closed when the task ends.</summary>
    /// <param name="seqpacket">The connection; <see cref="UnixSeqpacket.GetPeerCredentials"/> says which user has connected.</param>
    /// <param name="cancellationToken">Canceled when the server stops; the connection is closed after the time to drain.</param>
    /// <returns>A task that ends when the connection has been served. Its exception is logged and ends this connection only.</returns>
    Task HandleAsync(UnixSeqpacket seqpacket, CancellationToken cancellationToken);
}
