using Samehost.Inspection;
using Samehost.Interop;

namespace Samehost.SocketFiles;

/// <summary>One request to bind a socket: the socket, the address, the options, and the exception when it fails.</summary>
internal sealed class BindRequest
{
    private readonly byte[] _address;

    public BindRequest(Descriptor socket, UnixEndPoint endPoint, SocketFileOptions options)
        : this(socket, endPoint, options, endPoint)
    {
    }

    private BindRequest(Descriptor socket, UnixEndPoint endPoint, SocketFileOptions options, UnixEndPoint bound)
    {
        Socket = socket;
        EndPoint = endPoint;
        Options = options;
        Path = bound.NameBytes.ToArray();
        if (Path.Length > UnixEndPoint.MaxNameLength)
        {
            throw Failure(-(int)Errno.ENAMETOOLONG,
                $"The path has {Path.Length} bytes, and the address of a socket has room for {UnixEndPoint.MaxNameLength}: choose a " +
                "shorter one, for example in /run, /tmp or $XDG_RUNTIME_DIR. A relative path or one through /proc is no way around it: " +
                "clients would be shown that name as the server's.");
        }
        Span<byte> buffer = stackalloc byte[LibcSocket.SockAddrSize];
        _address = buffer[..bound.WriteSockAddr(buffer)].ToArray();
    }

    public Descriptor Socket { get; }

    /// <summary>The address that was asked for, which failures name.</summary>
    public UnixEndPoint EndPoint { get; }

    public SocketFileOptions Options { get; }

    /// <summary>The path's bytes, without the closing NUL.</summary>
    public byte[] Path { get; }

    public ReadOnlySpan<byte> Address => _address;

    /// <summary>The path of the parent directory.</summary>
    public ReadOnlySpan<byte> Directory => DirectoryOf(Path);

    public static ReadOnlySpan<byte> DirectoryOf(ReadOnlySpan<byte> path)
    {
        var slash = path.LastIndexOf((byte)'/');
        return slash switch { < 0 => "."u8, 0 => "/"u8, _ => path[..slash] };
    }

    /// <summary>The same request under a temporary path.</summary>
    /// <exception cref="UnixSocketException">ENAMETOOLONG.</exception>
    public BindRequest At(byte[] path) => path.Length <= UnixEndPoint.MaxNameLength
        ? new BindRequest(Socket, EndPoint, Options, UnixEndPoint.FromPath(path))
        : throw Failure(-(int)Errno.ENAMETOOLONG,
            "The temporary name, nine bytes in the same directory, does not fit into an address.");

    public int TryBind() => LibcSocket.Bind(Socket, _address);

    /// <summary>Refuses a path on which any user could put something else in the place of our file, or of a directory or a symbolic link
    /// that leads there.</summary>
    public void CheckDirectories()
    {
        if (Options.AllowUnsafeDirectory)
            return;
        using var walk = PathWalk.ToOwnPlace(Path);
        if (walk.Unsafe is { } found)
        {
            var way = found.IsLast ? "" : $", which is on the way to {EndPoint}";
            throw Failure(-(int)Errno.EPERM, $"Every user may replace files in {PrintableText.Of(found.Path)}{way}: " +
                "use a directory of your own, or take away write permission from others (chmod o-w), or set its sticky bit (chmod +t).");
        }
        if (walk.Problem != WalkProblem.None)
            throw Failure(-(int)walk.Errno); // as bind(2) would fail
    }

    /// <summary>The exception for a result of <c>-errno</c>.</summary>
    public UnixSocketException Failure(int result, string? hint = null) => new((Errno)(-result), "bind", EndPoint, hint);

    /// <summary>The exception with a hint that looks up processes or names, and is computed when it is first read.</summary>
    public UnixSocketException Failure(int result, Func<string> makeHint) => new((Errno)(-result), "bind", EndPoint, makeHint);
}
