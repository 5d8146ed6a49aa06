namespace Samehost;

/// <content>Running until the process is asked to end.</content>
public sealed partial class UnixServer
{
    /// <summary>
    /// Serves until a signal asks the process to end (SIGINT, which is Ctrl+C, SIGTERM, SIGHUP or SIGQUIT), the token is canceled, or
    /// the server is stopped in another way; removes the path; and stops as <see cref="StopAsync"/> does.
    /// </summary>
    /// <remarks>
    /// <para>It completes without an error after a signal or a cancellation, so that a program that returns from <c>Main</c> then exits
    /// with status 0. A second signal within 100 ms of the first is the same request; a later one ends the process at once, after the
    /// socket files of the process have been removed: see <see cref="ShutdownSignal"/>.</para>
    /// <para>A signal that arrives before this method is called has its usual effect, which is the end of the process; a file that is
    /// left then is replaced at the next start.</para>
    /// </remarks>
    /// <param name="cancellationToken">Stops the server as a signal does.</param>
    /// <returns>True when every handler had ended within <see cref="UnixServerOptions.DrainTimeout"/>.</returns>
    /// <exception cref="UnixSocketException">Accepting failed for good (accept(2)); the connections that were there have been
    /// drained.</exception>
    public async Task<bool> RunAsync(CancellationToken cancellationToken = default)
    {
        using var signal = new ShutdownSignal(_listener.RemoveFile);
        var canceled = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        using (cancellationToken.UnsafeRegister(static task => ((TaskCompletionSource)task!).TrySetResult(), canceled))
        {
            Task first = await Task.WhenAny(Completion, signal.Received, canceled.Task).ConfigureAwait(false);
            bool drained = await StopAsync().ConfigureAwait(false);
            if (first == Completion)
                await Completion.ConfigureAwait(false);
            return drained;
        }
    }
}
