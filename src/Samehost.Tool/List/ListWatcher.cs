using System.Globalization;
using System.Runtime.InteropServices;
using Samehost.Programs;
using Samehost.Tool.Cli;
using Samehost.Tool.Interop;
using Samehost.Tool.Terminal;

namespace Samehost.Tool.List;

/// <summary>The list on a screen of its own, looked at again and again; only the lines that changed are drawn.</summary>
internal static class ListWatcher
{
    /// <summary>Runs until a signal. Ctrl+C is how one leaves, so that is no failure.</summary>
    public static async Task<int> RunAsync(RowFilter filter, TimeSpan interval)
    {
        if (Console.IsOutputRedirected || Environment.GetEnvironmentVariable("TERM") is "dumb" or "" or null)
        {
            throw new ToolException("--watch draws on a terminal, and standard output is none that can be drawn on",
                hint: "leave --watch away, and repeat the command instead");
        }
        Action giveBack = static () => { };
        using var stop = new ShutdownSignal { BeforeForcedEnd = () => Volatile.Read(ref giveBack)() };
        using var wake = new SemaphoreSlim(0);
        bool redraw = false;
        void Wake(PosixSignalContext _)
        {
            Volatile.Write(ref redraw, true); // the window has another size, or a shell has written over ours
            wake.Release();
        }
        using var resized = PosixSignalRegistration.Create(PosixSignal.SIGWINCH, Wake);
        using var continued = PosixSignalRegistration.Create(PosixSignal.SIGCONT, Wake);

        var view = new SocketListing(filter, isBrief: true);
        using (var echo = new NoEchoMode())
        using (var screen = new Screen())
        {
            Volatile.Write(ref giveBack, () =>
            {
                echo.Dispose();
                screen.Dispose();
            });
            while (!stop.Token.IsCancellationRequested)
            {
                if (Interlocked.Exchange(ref redraw, false))
                    screen.Forget();
                screen.Show(Frame(view, interval));
                try
                {
                    await wake.WaitAsync(interval, stop.Token);
                }
                catch (OperationCanceledException)
                {
                    break;
                }
            }
        }
        PosixSignal signal = await stop.Received;
        return signal == PosixSignal.SIGINT ? ExitStatus.Success : SignalStatus.Of(signal);
    }

    private static List<string> Frame(SocketListing view, TimeSpan interval)
    {
        List<SocketRow> rows = view.Read();
        string hidden = view.Hidden == 0 ? "" : $", {view.Hidden} processes not ours to see (?)";
        string title = string.Create(CultureInfo.InvariantCulture,
            $"samehost list: {rows.Count} rows{hidden}; every {interval.TotalSeconds:0.###} s, Ctrl+C ends");
        return [title, "", .. view.Lines(rows)];
    }
}
