using System.Runtime.InteropServices;
using Samehost.Interop;
using Samehost.Sockets;

namespace Samehost;

/// <summary>
/// One end of a connected local stream socket (<c>SOCK_STREAM</c>, unix(7)): bytes in order, both ways, without record bounds.
/// </summary>
/// <remarks>
/// <para>One read and one write may be under way at the same time; further asynchronous ones wait their turn, whole. Blocking calls
/// in one direction have to take turns by themselves.</para>
/// <para>Continuations of asynchronous calls run on the event loop's thread. They may block: another thread then serves the
/// other sockets.</para>
/// <para>Like every <see cref="Stream"/>, reads and writes report failure as <see cref="IOException"/>; its
/// <see cref="Exception.InnerException"/> is the <see cref="UnixSocketException"/> with the errno.</para>
/// </remarks>
/// <example><code>
/// await using var stream = await UnixStream.ConnectAsync(UnixEndPoint.Parse("/run/app.sock"));
/// await stream.WriteAsync("g1\n"u8.ToArray());
/// using var reader = new StreamReader(stream);
/// Console.WriteLine(await reader.ReadLineAsync());
/// </code></example>
public sealed partial class UnixStream : Stream
{
    private readonly StreamState _state;
    private readonly SocketContext _core;
    private UnixEndPoint? _local;
    private UnixEndPoint? _remote;
    private int _readTimeout = Timeout.Infinite;
    private int _writeTimeout = Timeout.Infinite;

    internal UnixStream(SocketContext core)
    {
        _core = core;
        _state = new StreamState(core);
    }

    /// <summary>This end's address; <see cref="UnixEndPointKind.Unnamed"/> for most clients (getsockname(2)).</summary>
    /// <exception cref="ObjectDisposedException">The stream is closed.</exception>
    public UnixEndPoint LocalEndPoint => _local ??= _core.LocalEndPoint();

    /// <summary>
    /// The other end's address (getpeername(2)). Its bytes are the peer's choice: never take them for who the peer is.
    /// </summary>
    /// <exception cref="ObjectDisposedException">The stream is closed.</exception>
    public UnixEndPoint RemoteEndPoint => _remote ??= _core.RemoteEndPoint();

    /// <summary>The descriptor, for calls that this library does not have. It stays the stream's: do not close it.</summary>
    public SafeHandle Handle => _core.Descriptor;

    internal SocketContext Core => _core;

    /// <summary>True until the stream is closed.</summary>
    public override bool CanRead => !_core.IsClosed;

    /// <summary>True until the stream is closed.</summary>
    public override bool CanWrite => !_core.IsClosed;

    /// <summary>
    /// Whether the peer has closed its socket, or shut down both directions, rather than only ended its sending direction (POLLHUP,
    /// poll(2)). A read that returned 0 does not distinguish the two: after <see cref="ShutdownWrite"/> a peer can still receive. What
    /// the peer sent before it closed can still be read.
    /// </summary>
    /// <exception cref="ObjectDisposedException">The stream is closed.</exception>
    public bool IsPeerClosed => LibcPoll.IsReady(_core.Descriptor, LibcPoll.POLLHUP);

    /// <summary>Always false.</summary>
    public override bool CanSeek => false;

    /// <summary>Always true.</summary>
    public override bool CanTimeout => true;

    /// <summary>Milliseconds after which a blocking read fails with ETIMEDOUT; −1, the default, is no limit. Asynchronous
    /// reads end by their token.</summary>
    /// <exception cref="ArgumentOutOfRangeException">Zero, or below −1.</exception>
    public override int ReadTimeout
    {
        get => _readTimeout;
        set => _readTimeout = CheckTimeout(value);
    }

    /// <summary>Milliseconds after which a blocking write fails with ETIMEDOUT; −1, the default, is no limit. Part of the bytes may
    /// have been sent by then.</summary>
    /// <exception cref="ArgumentOutOfRangeException">Zero, or below −1.</exception>
    public override int WriteTimeout
    {
        get => _writeTimeout;
        set => _writeTimeout = CheckTimeout(value);
    }

    /// <summary>
    /// How much may be sent and not yet read, in bytes of the kernel's memory, which counts its own records too (SO_SNDBUF, socket(7)). A
    /// stream that was connected, accepted or paired here begins with net.core.wmem_default (208 KiB) and takes 1 MiB once a write of
    /// 16 KiB or more finds no room; setting the property fixes it. More than twice net.core.wmem_max is not given.
    /// </summary>
    /// <exception cref="ArgumentOutOfRangeException">Less than 1.</exception>
    /// <exception cref="UnixSocketException">getsockopt or setsockopt failed.</exception>
    public int SendBufferSize
    {
        get => _core.SendBufferSize;
        set
        {
            ArgumentOutOfRangeException.ThrowIfLessThan(value, 1);
            _core.SendBufferSize = value;
        }
    }

    /// <summary>Not supported: a stream socket has no length.</summary>
    /// <exception cref="NotSupportedException">Always.</exception>
    public override long Length => throw NoSeeking();

    /// <summary>Not supported: a stream socket has no position.</summary>
    /// <exception cref="NotSupportedException">Always.</exception>
    public override long Position
    {
        get => throw NoSeeking();
        set => throw NoSeeking();
    }

    /// <summary>Ends the sending direction: the peer reads the bytes sent so far, then the end of the stream (shutdown(2)).</summary>
    /// <exception cref="UnixSocketException">The kernel refused, for example ENOTCONN.</exception>
    public void ShutdownWrite() => Shutdown(LibcSocket.SHUT_WR);

    /// <summary>Ends the receiving direction: reads return what had arrived, then the end; the peer's writes fail with EPIPE.</summary>
    /// <exception cref="UnixSocketException">The kernel refused, for example ENOTCONN.</exception>
    public void ShutdownRead() => Shutdown(LibcSocket.SHUT_RD);

    /// <summary>Does nothing: every write goes to the kernel at once.</summary>
    public override void Flush()
    {
    }

    /// <summary>Does nothing: every write goes to the kernel at once.</summary>
    public override Task FlushAsync(CancellationToken cancellationToken) =>
        cancellationToken.IsCancellationRequested ? Task.FromCanceled(cancellationToken) : Task.CompletedTask;

    /// <summary>Not supported.</summary>
    /// <exception cref="NotSupportedException">Always.</exception>
    public override long Seek(long offset, SeekOrigin origin) => throw NoSeeking();

    /// <summary>Not supported.</summary>
    /// <exception cref="NotSupportedException">Always.</exception>
    public override void SetLength(long value) => throw NoSeeking();

    /// <summary>Closes the socket; calls that wait end with <see cref="ObjectDisposedException"/>. Safe to call twice, and from
    /// any thread.</summary>
    protected override void Dispose(bool disposing)
    {
        if (disposing)
            _core.Dispose();
        base.Dispose(disposing);
    }

    private static int CheckTimeout(int milliseconds)
    {
        if (milliseconds != Timeout.Infinite)
            ArgumentOutOfRangeException.ThrowIfNegativeOrZero(milliseconds);
        return milliseconds;
    }

    private static NotSupportedException NoSeeking() => new("A socket cannot be positioned: its bytes are gone once read.");

    private void Shutdown(int how)
    {
        if (LibcSocket.Shutdown(_core.Descriptor, how) is < 0 and var errno)
            throw new UnixSocketException((Errno)(-errno), "shutdown");
    }
}
