using System.Diagnostics;

namespace Samehost.Serving;

/// <summary>Accepts for a server for as long as it runs, within its limits.</summary>
internal sealed class AcceptLoop(UnixServer server, UnixListener listener, SemaphoreSlim room)
{
    // Long enough to cost nothing while descriptors are short, short enough to go on soon after.
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan TellEvery = TimeSpan.FromSeconds(1);

    private long _told;

    public async Task RunAsync(CancellationToken stopping)
    {
        try
        {
            while (true)
            {
                await room.WaitAsync(stopping).ConfigureAwait(false);
                server.Begin(await AcceptAsync(stopping).ConfigureAwait(false));
            }
        }
        catch (OperationCanceledException) when (stopping.IsCancellationRequested)
        {
            // told to stop
        }
    }

    private async ValueTask<UnixStream> AcceptAsync(CancellationToken stopping)
    {
        while (true)
        {
            try
            {
                return await listener.AcceptAsync(stopping).ConfigureAwait(false);
            }
            catch (UnixSocketException e) when (e.Errno is Errno.EMFILE or Errno.ENFILE or Errno.ENOBUFS or Errno.ENOMEM)
            {
                Tell(e);
            }
            catch (UnixSocketException e) when (e.Errno is Errno.ECONNABORTED)
            {
                continue; // the client has left again
            }

            await Task.Delay(Pause, stopping).ConfigureAwait(false);
        }
    }

    private void Tell(UnixSocketException error)
    {
        ServerMetrics.Delayed.Add(1);
        long now = Stopwatch.GetTimestamp();
        if (_told != 0 && Stopwatch.GetElapsedTime(_told, now) < TellEvery)
            return;
        _told = now;
        server.Tell(static (events, e) => events.AcceptDelayed(e), error);
    }
}
