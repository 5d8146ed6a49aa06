using System.Runtime.InteropServices;
using Samehost.Tool.Interop;

namespace Samehost.Tool.Serve;

/// <summary>Starts processes that have a connection as standard input and output, and reaps them on one thread.</summary>
internal sealed class ChildProcesses
{
    private const int ReaperStackSize = 128 * 1024;

    private readonly Lock _lock = new();
    private readonly Dictionary<int, (ChildProcess Child, TaskCompletionSource<int> Ended)> _running = [];
    private bool _isReaping;

    public ChildProcesses() => LibcProcess.KeepStatuses();

    /// <summary>Starts a program found in PATH.</summary>
    /// <exception cref="UnixSocketException">The program cannot be started.</exception>
    public ChildProcess Start(string[] command, string[] environment, SafeHandle connection)
    {
        var ended = new TaskCompletionSource<int>(TaskCreationOptions.RunContinuationsAsynchronously);
        lock (_lock)
        {
            var process = LibcProcess.Spawn(command, environment, connection);
            if (process < 0)
                throw new UnixSocketException((Errno)(-process), "spawn");
            var child = new ChildProcess(process, ended.Task);
            _running.Add(process, (child, ended));
            if (!_isReaping)
                new Thread(Reap, ReaperStackSize) { IsBackground = true, Name = "samehost reaper" }.Start();
            _isReaping = true;
            return child;
        }
    }

    public ChildProcess[] Running()
    {
        lock (_lock)
            return [.. _running.Values.Select(running => running.Child)];
    }

    /// <summary>Sends a signal, unless the process has been reaped: its id may have been reused.</summary>
    public void Signal(ChildProcess child, int signal)
    {
        lock (_lock)
        {
            if (_running.ContainsKey(child.Id))
                LibcProcess.Signal(child.Id, signal);
        }
    }

    /// <summary>
    /// Reaps children as long as there are any. Some may not be ours: a shell that executed this program leaves it its children, and
    /// process 1 of a container gets every orphan.
    /// </summary>
    private void Reap()
    {
        while (true)
        {
            var process = LibcProcess.WaitForEnded();
            lock (_lock)
            {
                if (process > 0)
                {
                    var status = LibcProcess.Reap(process);
                    if (_running.Remove(process, out var ended))
                        ended.Ended.TrySetResult(status);
                }
                else if (_running.Count == 0) // otherwise one was started since the wait
                {
                    _isReaping = false;
                    return;
                }
            }
        }
    }
}

/// <summary>A process that serves a connection.</summary>
internal sealed record ChildProcess(int Id, Task<int> Ended);
