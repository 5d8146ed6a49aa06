using System.Net.Sockets;
using System.Text;
using Samehost.Diagnostics.Sockets;
using Samehost.Inspection;
using Samehost.Interop;
using Samehost.SocketFiles;

namespace Samehost.Diagnostics;

/// <summary>A socket file that no socket is bound to any more: its server was killed, or did not remove it.</summary>
public sealed class StaleSocketFile
{
    private StaleSocketFile(UnixEndPoint endPoint, uint userId)
    {
        EndPoint = endPoint;
        UserId = userId;
    }

    /// <summary>Where it is. The path can be longer than an address may be; such a file was moved there, or bound by a relative
    /// path.</summary>
    public UnixEndPoint EndPoint { get; }

    /// <summary>The user who owns the file.</summary>
    public uint UserId { get; }

    /// <summary>That user's name, or null when the system does not know the number. Looked up at each call.</summary>
    public string? UserName => LibcAccount.FindUserName(UserId);

    /// <summary>
    /// Looks for stale files where socket files usually are: below <c>/run</c>, <c>$XDG_RUNTIME_DIR</c> and <c>/tmp</c>, a few directories
    /// deep, and in the directories of the sockets in the table. Links are not followed, network and FUSE file systems are left alone.
    /// </summary>
    /// <remarks>
    /// A file that no socket of the table is bound to is probed, because one could be in another network namespace: a datagram socket
    /// connects to it and sends nothing. Files that may not be probed are left out, so that each one found is certainly stale.
    /// </remarks>
    /// <param name="table">The sockets that there are.</param>
    /// <returns>The files in the order in which they were found. At most 200,000 directory entries are looked at.</returns>
    public static StaleSocketFileResult Find(UnixSocketTable table) => Find(table, isQuick: false);

    /// <summary>
    /// The same within a millisecond or two, also where killed programs left thousands of files: looks into at most 100 directories, at
    /// some hundred entries of one and some thousand of all, and probes four files of a directory.
    /// </summary>
    /// <param name="table">The sockets that there are.</param>
    /// <returns>The files in the order in which they were found.</returns>
    public static StaleSocketFileResult FindQuickly(UnixSocketTable table) => Find(table, isQuick: true);

    /// <summary>Returns the stale file at a path, wherever that is; null if no socket file is there, if a socket is bound to it, or if that
    /// cannot be known.</summary>
    /// <param name="path">A path. Symbolic links are followed on the way, and not at its end.</param>
    public static StaleSocketFile? At(string path)
    {
        ArgumentNullException.ThrowIfNull(path);
        var bytes = Encoding.UTF8.GetBytes(path);
        if (bytes.Length == 0 || bytes.Contains((byte)0) || ExistingFile.Pin(bytes, out var existing) < 0)
            return null;
        using (existing)
        {
            return existing!.IsSocket && existing.Probe(null, out _) == SocketLiveness.Stale
                ? new StaleSocketFile(UnixEndPoint.FromKernelName(bytes), existing.Status.User) : null;
        }
    }

    private static StaleSocketFileResult Find(UnixSocketTable table, bool isQuick)
    {
        ArgumentNullException.ThrowIfNull(table);
        var bound = new HashSet<UnixSocketFileId>();
        var boundInodes = new HashSet<uint>();
        foreach (var socket in table.Sockets)
        {
            if (socket.File is { } file && bound.Add(file))
                boundInodes.Add(file.Inode);
        }
        var walk = Walk(table, boundInodes, isQuick);
        var stale = new List<StaleSocketFile>();
        var seen = new HashSet<FileId>();
        var unclear = 0;
        foreach (var path in walk.Sockets)
        {
            if (ExistingFile.Pin(path, out var existing) < 0)
                continue;
            using (existing)
            {
                var id = existing!.Status.Id;
                if (!existing.IsSocket || !seen.Add(id)
                    || bound.Contains(new UnixSocketFileId(id.DeviceMajor, id.DeviceMinor, (uint)id.Inode)))
                {
                    continue;
                }
                var liveness = existing.Probe(null, out _);
                if (liveness == SocketLiveness.Stale)
                    stale.Add(new StaleSocketFile(UnixEndPoint.FromKernelName(path), existing.Status.User));
                else if (liveness == SocketLiveness.Unclear)
                    unclear++;
            }
        }
        return new StaleSocketFileResult(stale, walk.IsComplete) { UnclearCount = unclear };
    }

    private static SocketFileWalk Walk(UnixSocketTable table, HashSet<uint> boundInodes, bool isQuick)
    {
        var walk = new SocketFileWalk(boundInodes, isQuick);
        walk.Visit("/run"u8, depth: 3);
        if (Environment.GetEnvironmentVariable("XDG_RUNTIME_DIR") is ['/', ..] runtime)
            walk.Visit(Encoding.UTF8.GetBytes(runtime.TrimEnd('/')), depth: 2);
        foreach (var socket in table.Sockets)
        {
            if (socket.File is null || (socket.State == UnixSocketState.Connected && socket.SocketType != SocketType.Dgram))
                continue; // an accepted connection has the path of its listener
            var path = socket.LocalEndPoint.NameBytes.Span;
            var slash = path.LastIndexOf((byte)'/');
            if (slash > 0 && path[0] == (byte)'/')
                walk.Visit(path[..slash], depth: 0);
        }
        walk.Visit("/tmp"u8, depth: 1); // last, because it can hold anything
        return walk;
    }
}

/// <summary>The result of a search for stale socket files.</summary>
/// <param name="Files">The files that were found.</param>
/// <param name="IsComplete">False when the search ended at one of its limits, so that there can be more.</param>
public readonly record struct StaleSocketFileResult(IReadOnlyList<StaleSocketFile> Files, bool IsComplete)
{
    /// <summary>The number of socket files that could not be probed, and may be stale or not.</summary>
    public int UnclearCount { get; init; }
}
