namespace Samehost.Serving;

/// <summary>One client of a server: starts its handler on the client's own event loop, and cleans up after it.</summary>
internal sealed class ServedConnection(UnixServer server, UnixStream stream, uint user) : IThreadPoolWorkItem
{
    public uint User { get; } = user;

    public UnixStream Stream { get; } = stream;

    public void Execute() => _ = RunAsync();

    /// <summary>Closes the connection under its handler.</summary>
    public void Abort() => Stream.Dispose();

    private async Task RunAsync()
    {
        try
        {
            server.Tell(static (events, c) => events.ConnectionStarted(c.Stream), this);
            await server.Handler(Stream, server.Stopping).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (server.Stopping.IsCancellationRequested)
        {
            // asked to end, and ended
        }
#pragma warning disable CA1031 // one client's failure is told, and never reaches another
        catch (Exception error)
#pragma warning restore CA1031
        {
            server.Metrics.Failed();
            server.Tell((events, c) => events.HandlerFailed(c.Stream, error), this);
        }
        finally
        {
            Stream.Dispose();
            server.Tell(static (events, c) => events.ConnectionEnded(c.Stream), this);
            server.Ended(this);
        }
    }
}
