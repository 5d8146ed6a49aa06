using System.Runtime.InteropServices;
using Samehost.Addresses;
using Samehost.Interop;
using Samehost.SocketFiles;

namespace Samehost.Sockets;

/// <content>Changing hands.</content>
internal sealed partial class ListenerContext
{
    private const int QuietLooks = 5;

    private static readonly TimeSpan LookEvery = TimeSpan.FromMilliseconds(10);
    private static readonly TimeSpan LockPatience = TimeSpan.FromSeconds(1);

    private int _predecessor;

    /// <summary>Whether another socket has been put in the place of ours.</summary>
    public bool IsReplaced => _file is { IsReplaced: true };

    /// <summary>The listening socket of a predecessor, of either type.</summary>
    /// <param name="descriptor">The socket; a duplicate is taken.</param>
    /// <param name="options">As for a listener of our own.</param>
    /// <param name="path">The path that comes with it, empty when the predecessor has none to give.</param>
    /// <param name="type">The type of the socket.</param>
    /// <exception cref="IOException">It is no listening local socket, or the path cannot be one.</exception>
    /// <exception cref="ArgumentException">It has an abstract name, and the options have no policy.</exception>
    public static ListenerContext FromPredecessor(
        SafeHandle descriptor, UnixListenerOptions? options, ReadOnlyMemory<byte> path, out int type)
    {
        if (!path.IsEmpty && UnixEndPointText.ProblemWithPath(path.Span) is { } bad)
            throw new IOException($"The predecessor sent a path that is none. {bad}");
        if (LibcFcntl.Duplicate(descriptor, out var duplicate) is < 0 and var errno)
            throw new UnixSocketException((Errno)(-errno), "dup");
        using (duplicate)
        {
            if (LibcSocketOptions.Get(duplicate!, LibcSocketOptions.SO_TYPE, out type) < 0 || type != LibcSocket.SOCK_SEQPACKET)
                type = LibcSocket.SOCK_STREAM; // anything else is refused below
        }

        // Not ours until the handover is confirmed.
        var context = TryFromHandle(descriptor, options, type, out string? problem, isOurs: false)
            ?? throw new IOException($"The predecessor did not send a listening socket. {problem}");
        context._predecessor = context.LastToListen();
        if (!path.IsEmpty)
            context._endPoint = context._inheritance = UnixEndPoint.FromPath(path.Span);
        return context;
    }

    /// <summary>The descriptor is about to be shared; returns the path that goes with it, empty when it is not ours to give.</summary>
    public ReadOnlyMemory<byte> Share()
    {
        _shared = true;
        return _file?.OwnPath;
    }

    /// <summary>Has the kernel go by our rule for descriptors: whoever had the socket, or has it, too, may have changed it.</summary>
    public void ReapplyAcceptsDescriptors()
    {
        bool accepts = AcceptsDescriptors;
        AcceptsDescriptors = accepts;
    }

    /// <summary>Leaves the path to a successor that listens on the same socket.</summary>
    /// <returns>False when it has been removed.</returns>
    public bool LeaveFile() => _file?.Forget() ?? true;

    /// <summary>Removes the path if it is still ours; who has connected before is served all the same.</summary>
    public void RemoveFile() => _file?.Dispose();

    /// <summary>Takes the predecessor's place: the path becomes ours, and clients that ask who serves are told of us.</summary>
    /// <param name="isHeir">True when nobody has left it to us: then others may want it as well, and the first of them has it.</param>
    /// <returns>False when another successor has it, or there was a path to inherit that does not lead to this socket any more.</returns>
    public bool Inherit(bool isHeir)
    {
        lock (_lock)
        {
            if (IsDisposed)
                return true;
            using var lease = isHeir && _inheritance is { } wanted ? SocketFileLock.TryTake(wanted.NameBytes.Span, LockPatience) : null;
            if (isHeir && LastToListen() != _predecessor)
                return false;
            ReapplyAcceptsDescriptors();
            _ = LibcSocket.Listen(this, _backlog); // a second listen(2) renews SO_PEERCRED, and keeps who waits
            if (_inheritance is { } path)
                _file = SocketFile.Adopt(this, path);
            return _inheritance is null || _file is not null;
        }
    }

    /// <summary>Waits until nobody is in the backlog any more, and a little longer for clients that had looked up the path
    /// before.</summary>
    /// <param name="look">Called now and then while somebody is.</param>
    public async Task EmptyBacklogAsync(Action look)
    {
        try
        {
            for (int quiet = 0; quiet < QuietLooks && !IsDisposed;)
            {
                quiet = LibcPoll.IsReady(this, LibcPoll.POLLIN) ? 0 : quiet + 1;
                if (quiet == 0)
                    look();
                await Task.Delay(LookEvery).ConfigureAwait(false);
            }
        }
        catch (ObjectDisposedException)
        {
            // accepting has failed for good, and closed it
        }
    }

    /// <summary>The process that has called listen(2) last: of a socket that several successors have, the one whose it is.</summary>
    private int LastToListen() => LibcSocketOptions.GetPeerCredentials(this, out var last) >= 0 ? last.Pid : 0;
}
