using System.Net.Sockets;
using Samehost.Diagnostics.Sockets;
using Samehost.SocketFiles;

namespace Samehost.Diagnostics.Explaining;

/// <summary>What else is worth knowing about a socket that is there: where it is, and whether its program is able to answer.</summary>
internal static class SocketNotes
{
    public static IEnumerable<string> Of(SocketProbeResult look)
    {
        if (look.Elsewhere is { } other)
        {
            yield return look.Entry is not null
                ? $"It is in another network namespace, as process {other.ProcessId} ({other.Command}) is: nsenter -n -t {other.ProcessId}."
                : $"Process {other.ProcessId} ({other.Command}) is in another network namespace, in which a " +
                    $"{SocketWords.Of(other.SocketType)} socket {(other.IsListening ? "listens at" : "is bound to")} that name.";
        }
        if (look is { Entry: null, Life: SocketLiveness.Live, Elsewhere.IsListening: true })
            yield return "How full its backlog is can be seen from there, and as root.";
        if (look.Entry is null)
            yield break;
        if (look.Entry is { SocketType: SocketType.Dgram, ReceiveQueue: > 0 })
            yield return "Datagrams wait there to be read; when its queue is full, sending waits or fails with EAGAIN.";
        if (look.Entry.Processes.Count > 0 && look.Entry.Processes.All(h => ProcessStatus.IsStopped(h.ProcessId)))
        {
            UnixSocketProcess first = look.Entry.Processes[0];
            yield return $"Process {first.ProcessId} ({first.Command}) is stopped, by a signal or a debugger, and answers nobody until " +
                $"it goes on: kill -CONT {first.ProcessId}.";
        }
    }
}
