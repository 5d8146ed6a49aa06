using System.Runtime.InteropServices;
using Samehost.Addresses;
using Samehost.Interop;
using Samehost.SocketFiles;

namespace Samehost.Sockets;

/// <content>The handover of a listening socket between processes.</content>
internal sealed partial class ListenerContext
{
    private const int ChecksOfEmptyBacklog = 5;

    private static readonly TimeSpan CheckInterval = TimeSpan.FromMilliseconds(10);
    private static readonly TimeSpan FileLockTimeout = TimeSpan.FromSeconds(1);

    private int _predecessor;

    /// <summary>Whether another socket has replaced this one at its path.</summary>
    public bool IsReplaced => _file is { IsReplaced: true };

    /// <summary>Creates the context of the listening socket of a predecessor, of either type.</summary>
    /// <param name="descriptor">The socket, which is duplicated.</param>
    /// <param name="options">As for a listener of our own.</param>
    /// <param name="path">The path that the predecessor hands over, if any.</param>
    /// <param name="type">The type of the socket.</param>
    /// <exception cref="IOException">It is not a listening local socket, or the path is invalid.</exception>
    /// <exception cref="ArgumentException">It has an abstract name, and the options have no policy.</exception>
    public static ListenerContext FromPredecessor(
        SafeHandle descriptor, UnixListenerOptions? options, ReadOnlyMemory<byte> path, out int type)
    {
        if (!path.IsEmpty && UnixEndPointText.ProblemWithBoundPath(path.Span) is { } bad)
            throw new IOException($"The predecessor sent a path that is none. {bad}");
        if (LibcFcntl.Duplicate(descriptor, out var duplicate) is < 0 and var errno)
            throw new UnixSocketException((Errno)(-errno), "dup");
        using (duplicate)
        {
            if (LibcSocketOptions.Get(duplicate!, LibcSocketOptions.SO_TYPE, out type) < 0 || type != LibcSocket.SOCK_SEQPACKET)
                type = LibcSocket.SOCK_STREAM; // anything else is refused below
        }

        // It is the predecessor's until the handover is confirmed.
        var context = TryFromHandle(descriptor, options, type, out var problem, isOurs: false)
            ?? throw new IOException($"The predecessor did not send a listening socket. {problem}");
        context._predecessor = context.LastToListen();
        if (!path.IsEmpty)
            context._endPoint = context._handedOverPath = UnixEndPoint.FromPath(path.Span);
        return context;
    }

    /// <summary>Prepares for sending the descriptor to another process; returns the path that goes with it, empty where it is not
    /// ours.</summary>
    public ReadOnlyMemory<byte> Share()
    {
        _shared = true;
        return _file?.OwnPath;
    }

    /// <summary>Sets SO_PASSRIGHTS again, which another process with the same socket may have changed.</summary>
    public void ReapplyAcceptsDescriptors()
    {
        var accepts = AcceptsDescriptors;
        AcceptsDescriptors = accepts;
    }

    /// <summary>Gives up the path, which a successor that listens on the same socket owns from now on.</summary>
    /// <returns>False when it has been removed.</returns>
    public bool LeaveFile() => _file?.Forget() ?? true;

    /// <summary>Removes the path if it is still ours; clients that have connected before are still served.</summary>
    public void RemoveFile() => _file?.Dispose();

    /// <summary>Completes the handover: this process owns the path from now on, and the kernel reports it to clients as the
    /// server.</summary>
    /// <param name="predecessorDied">Whether the predecessor has ended before it gave up the path. Other successors may then do the same,
    /// and the first one owns it.</param>
    /// <returns>False when another successor owns it, or the path leads to another socket by now.</returns>
    public bool AcceptHandover(bool predecessorDied)
    {
        lock (_lock)
        {
            if (IsDisposed)
                return true;
            using var fileLock = predecessorDied && _handedOverPath is { } wanted
                ? SocketFileLock.TryTake(wanted.NameBytes.Span, FileLockTimeout)
                : null;
            if (predecessorDied && LastToListen() != _predecessor)
                return false;
            ReapplyAcceptsDescriptors();
            _ = LibcSocket.Listen(this, _backlog); // a second listen(2) renews SO_PEERCRED, and keeps the backlog
            if (_handedOverPath is { } path)
                _file = SocketFile.Adopt(this, path);
            return _handedOverPath is null || _file is not null;
        }
    }

    /// <summary>Waits until the backlog is empty, and a little longer for clients that had resolved the path before.</summary>
    /// <param name="onWaiting">Called now and then while it is not.</param>
    public async Task EmptyBacklogAsync(Action onWaiting)
    {
        try
        {
            for (var empty = 0; empty < ChecksOfEmptyBacklog && !IsDisposed;)
            {
                empty = LibcPoll.IsReady(this, LibcPoll.POLLIN) ? 0 : empty + 1;
                if (empty == 0)
                    onWaiting();
                await Task.Delay(CheckInterval).ConfigureAwait(false);
            }
        }
        catch (ObjectDisposedException)
        {
            // accepting has failed for good, which closed it
        }
    }

    /// <summary>The process that has called listen(2) last, which is the owner where several successors have the socket.</summary>
    private int LastToListen() => LibcSocketOptions.GetPeerCredentials(this, out var last) >= 0 ? last.Pid : 0;
}
