using System.Globalization;
using System.Runtime.InteropServices;
using Samehost.Programs;
using Samehost.Tool.Cli;
using Samehost.Tool.Interop;
using Samehost.Tool.Terminal;

namespace Samehost.Tool.List;

/// <summary>
/// Implements <c>--watch</c>: shows the list on the alternate screen, refreshes it at an interval, and draws only the changed lines.
/// </summary>
internal static class ListWatcher
{
    /// <summary>Runs until a signal. Ctrl+C is the normal way to leave and returns success.</summary>
    public static async Task<int> RunAsync(RowFilter filter, TimeSpan interval)
    {
        if (Console.IsOutputRedirected || Environment.GetEnvironmentVariable("TERM") is "dumb" or "" or null)
        {
            throw new ToolException("--watch needs a terminal that it can draw on as standard output",
                hint: "leave --watch away, and repeat the command instead");
        }
        Action restoreTerminal = static () => { };
        using var signal = new ShutdownSignal { BeforeForcedEnd = () => Volatile.Read(ref restoreTerminal)() };
        using var refresh = new SemaphoreSlim(0);
        var redraw = false;
        void Redraw(PosixSignalContext _)
        {
            Volatile.Write(ref redraw, true); // the window was resized, or a shell wrote to it
            refresh.Release();
        }
        using var resized = PosixSignalRegistration.Create(PosixSignal.SIGWINCH, Redraw);
        using var continued = PosixSignalRegistration.Create(PosixSignal.SIGCONT, Redraw);

        var listing = new SocketListing(filter, isBrief: true);
        using (var echo = new NoEchoMode())
        using (var screen = new AlternateScreen())
        {
            Volatile.Write(ref restoreTerminal, () =>
            {
                echo.Dispose();
                screen.Dispose();
            });
            while (!signal.Token.IsCancellationRequested)
            {
                if (Interlocked.Exchange(ref redraw, false))
                    screen.Invalidate();
                screen.Show(FormatFrame(listing, interval));
                try
                {
                    await refresh.WaitAsync(interval, signal.Token);
                }
                catch (OperationCanceledException)
                {
                    break;
                }
            }
        }
        var received = await signal.Received;
        return received == PosixSignal.SIGINT ? ExitStatus.Success : SignalStatus.Of(received);
    }

    private static List<string> FormatFrame(SocketListing listing, TimeSpan interval)
    {
        var rows = listing.Read();
        var hidden = listing.Hidden == 0 ? "" : $", {listing.Hidden} {(listing.Hidden == 1 ? "process" : "processes")} not visible (?)";
        var title = string.Create(CultureInfo.InvariantCulture,
            $"samehost list: {CountText.Of(rows.Count, "row")}{hidden}; every {interval.TotalSeconds:0.###} s, Ctrl+C ends");
        return [title, "", .. listing.Lines(rows)];
    }
}
