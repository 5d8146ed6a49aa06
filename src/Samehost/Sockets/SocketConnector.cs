using System.Diagnostics;
using System.Globalization;
using Samehost.Addresses;
using Samehost.Errors;
using Samehost.Interop;

namespace Samehost.Sockets;

/// <summary>
/// One attempt after another to connect. A local connect is decided at once, except that a full backlog gives EAGAIN and no event to
/// wait for, so it is repeated (unix(7), connect(2)).
/// </summary>
internal sealed class SocketConnector
{
    private static readonly TimeSpan ShortestPause = TimeSpan.FromMilliseconds(1);
    private static readonly TimeSpan LongestPause = TimeSpan.FromMilliseconds(50);

    private readonly UnixEndPoint _endPoint;
    private readonly UnixConnectOptions _options;
    private readonly int _type;
    private readonly long _start = Stopwatch.GetTimestamp();
    private TimeSpan _pause = ShortestPause;

    private SocketConnector(UnixEndPoint endPoint, UnixConnectOptions? options, int type)
    {
        ArgumentNullException.ThrowIfNull(endPoint);
        if (endPoint.Kind is UnixEndPointKind.Unnamed or UnixEndPointKind.Autobind)
        {
            throw new ArgumentException(
                "An address without a name cannot be reached; connect to a path or an abstract name.", nameof(endPoint));
        }
        _endPoint = endPoint;
        _options = (options ?? UnixConnectOptions.Default).Copy();
        _type = type;
    }

    /// <summary>Connects, blocking the thread between attempts.</summary>
    public static SocketContext Connect(UnixEndPoint endPoint, UnixConnectOptions? options, int type)
    {
        var connector = new SocketConnector(endPoint, options, type);
        while (true)
        {
            if (connector.Try(out var pause) is { } context)
                return context;
            Thread.Sleep(pause);
        }
    }

    /// <summary>Connects.</summary>
    public static async ValueTask<SocketContext> ConnectAsync(
        UnixEndPoint endPoint, UnixConnectOptions? options, int type, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        var connector = new SocketConnector(endPoint, options, type);
        while (true)
        {
            if (connector.Try(out var pause) is { } context)
                return context;
            await Task.Delay(pause, cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>Tries once. Null means: wait for <paramref name="pause"/>, then try again.</summary>
    /// <exception cref="UnixSocketException">It failed for good, or the time is over.</exception>
    private SocketContext? Try(out TimeSpan pause)
    {
        var context = SocketContext.Create(_type, _endPoint);
        if (_options.AcceptDescriptors)
            context.AcceptsDescriptors = true; // before: a server may send them as soon as it has accepted
        using var address = new CallAddress(_endPoint, stackalloc byte[LibcSocket.SockAddrSize]);
        var result = address.Connect(context);
        pause = _pause;
        if (result >= 0)
        {
            Settle(context);
            return context;
        }

        context.Dispose();

        var errno = (Errno)(-result);
        var limit = errno switch
        {
            Errno.EAGAIN => Longer(_options.ServerTimeout, _options.BacklogTimeout),
            Errno.ENOENT or Errno.ECONNREFUSED => _options.ServerTimeout,
            _ => TimeSpan.Zero,
        };
        var left = limit == Timeout.InfiniteTimeSpan ? TimeSpan.MaxValue : limit - Stopwatch.GetElapsedTime(_start);
        if (left <= TimeSpan.Zero)
            throw limit > TimeSpan.Zero ? TimedOut(errno) : Failure(errno);
        pause = left < _pause ? left : _pause;
        _pause = _pause * 2 < LongestPause ? _pause * 2 : LongestPause;
        return null;
    }

    /// <summary>Checks who the server is, and sets what could not be set before.</summary>
    private void Settle(SocketContext context)
    {
        try
        {
            if (_options.RequireServer is { } policy && PeerCredentials.Of(context) is var server && !policy.Allows(server))
            {
                throw new UnixSocketException(Errno.EACCES, "connect", _endPoint,
                    () => $"The server is {server}, which the required policy '{policy}' does not allow; nothing was sent to it.");
            }

            // Only now: a socket that asks for credentials when it connects is given a name by the kernel.
            if (_type == LibcSocket.SOCK_SEQPACKET)
                context.PassCredentials();
        }
        catch
        {
            context.Dispose();
            throw;
        }
    }

    private UnixSocketException Failure(Errno errno) => new(errno, "connect", _endPoint) { SocketType = _type };

    private UnixSocketException TimedOut(Errno errno)
    {
        var (endPoint, type) = (_endPoint, _type);
        var waited = Stopwatch.GetElapsedTime(_start).TotalSeconds;
        return new UnixSocketException(errno, "connect", endPoint, () =>
        {
            var text = string.Create(CultureInfo.InvariantCulture, $"Waited {waited:0.###} s for the server.");
            return Hints.For(errno, "connect", endPoint, type) is { } hint ? $"{text} {hint}" : text;
        });
    }

    private static TimeSpan Longer(TimeSpan one, TimeSpan other) =>
        one == Timeout.InfiniteTimeSpan || other == Timeout.InfiniteTimeSpan ? Timeout.InfiniteTimeSpan : one > other ? one : other;
}
