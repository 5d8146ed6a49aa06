using System.Diagnostics;
using Xunit;

namespace Samehost.Tests.Sockets;

internal static class Cancellations
{
    /// <summary>Starts a call that has to wait, cancels it and sees it end by that.</summary>
    public static async Task OfOneAsync<T>(Func<CancellationToken, ValueTask<T>> call)
    {
        using var source = new CancellationTokenSource();
        var waiting = call(source.Token).AsTask();
        Assert.False(waiting.IsCompleted);
        source.Cancel();
        await ((Task)waiting).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing); // an exception each would take most of the time
        Assert.True(waiting.IsCanceled);
    }

    public static Task OfOneAsync(Func<CancellationToken, ValueTask> call) =>
        OfOneAsync(async token =>
        {
            await call(token);
            return 0;
        });

    /// <summary>Cancels on another thread after about that number of microseconds: before, during or after the completion.</summary>
    public static void AfterSpinning(CancellationTokenSource source, int microseconds) => ThreadPool.UnsafeQueueUserWorkItem(
        _ =>
        {
            var start = Stopwatch.GetTimestamp();
            while (Stopwatch.GetElapsedTime(start) < TimeSpan.FromMicroseconds(microseconds))
                Thread.SpinWait(5);
            try
            {
                source.Cancel();
            }
            catch (ObjectDisposedException)
            {
                // the call had ended by itself
            }
        },
        null);
}
