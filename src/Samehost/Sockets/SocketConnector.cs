namespace Samehost.Sockets;

/// <summary>Connecting, blocking and not.</summary>
internal static class SocketConnector
{
    public static SocketContext Run(UnixEndPoint endPoint, UnixConnectOptions? options, int type)
    {
        var connector = new Connector(endPoint, options, type);
        while (true)
        {
            if (connector.Try(out var pause) is { } core)
                return core;
            Thread.Sleep(pause);
        }
    }

    public static async ValueTask<SocketContext> RunAsync(UnixEndPoint endPoint, UnixConnectOptions? options, int type,
        CancellationToken token)
    {
        token.ThrowIfCancellationRequested();
        var connector = new Connector(endPoint, options, type);
        while (true)
        {
            if (connector.Try(out var pause) is { } core)
                return core;
            await Task.Delay(pause, token).ConfigureAwait(false);
        }
    }
}
