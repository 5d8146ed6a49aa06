// kill(2), tgkill(2), shutdown(2): signals to another process, and to one of its threads; the end of a listener.
using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;

namespace Samehost.Tests.Serving.Interop;

/// <summary>
/// Sends a thousand signals a second to each of several processes: SIGUSR1 to each of their threads in turn, so that also those that wait
/// in a system call are hit, and now and then SIGCHLD.
/// </summary>
internal sealed partial class Signals : IDisposable
{
    private const int User1 = 10;
    private const int ChildEnded = 17;
    private const int EverySecond = 1000;

    private readonly int[] _processes;
    private readonly Thread _thread;
    private readonly long _start = Stopwatch.GetTimestamp();
    private volatile bool _over;

    private Signals(int[] processes)
    {
        _processes = processes;
        _thread = new Thread(Send) { IsBackground = true };
        _thread.Start();
    }

    /// <summary>How many were sent to each process.</summary>
    public int Count { get; private set; }

    public TimeSpan Time { get; private set; }

    public static Signals SendTo(params int[] processes) => new(processes);

    /// <summary>Sends one signal to another process.</summary>
    public static void Send(int process, int signal) => _ = kill(process, signal); // ESRCH: it has ended since

    /// <summary>Has every accept(2) fail from now on.</summary>
    public static void ShutDown(SafeHandle listener) => _ = shutdown((int)listener.DangerousGetHandle(), 2);

    public void Dispose()
    {
        _over = true;
        _thread.Join();
        Time = Stopwatch.GetElapsedTime(_start);
    }

    private void Send()
    {
        int[][] threads = [];
        while (!_over)
        {
            var due = (int)(Stopwatch.GetElapsedTime(_start).TotalSeconds * EverySecond);
            for (; Count < due; Count++)
            {
                if (Count % 100 == 0)
                    threads = [.. _processes.Select(ThreadsOf)];
                for (var i = 0; i < _processes.Length; i++)
                {
                    if (Count % 10 == 9)
                        _ = kill(_processes[i], ChildEnded);
                    else if (threads[i].Length > 0)
                        _ = tgkill(_processes[i], threads[i][Count % threads[i].Length], User1); // ESRCH: it has ended since
                }
            }
            Thread.Sleep(1);
        }
    }

    private static int[] ThreadsOf(int process)
    {
        try
        {
            return [.. Directory.GetDirectories($"/proc/{process}/task")
                .Select(path => int.Parse(Path.GetFileName(path), CultureInfo.InvariantCulture))];
        }
        catch (IOException)
        {
            return []; // the process has ended
        }
    }

    [LibraryImport("libc")]
    private static partial int shutdown(int descriptor, int how);

    [LibraryImport("libc")]
    private static partial int kill(int process, int signal);

    [LibraryImport("libc")]
    private static partial int tgkill(int process, int thread, int signal);
}
