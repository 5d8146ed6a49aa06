using System.ComponentModel;
using System.Diagnostics.CodeAnalysis;
using System.Net;
using System.Net.Sockets;
using System.Text;
using Samehost.Addresses;
using Samehost.Interop;

namespace Samehost;

/// <summary>
/// The address of a local socket: a path, an abstract name, no name, or a request to the kernel to choose one (unix(7)).
/// </summary>
/// <remarks>
/// An address is its bytes: two are equal when kind and bytes are, whatever encoding they are meant in, and what the kernel
/// reports comes back unchanged when it is used again. A <see cref="Socket"/> accepts this type wherever it takes an
/// <see cref="EndPoint"/>, and returns it. Instances are immutable.
/// </remarks>
/// <example><code>
/// UnixEndPoint endPoint = UnixEndPoint.Parse("/run/example.sock"); // or unix:/run/example.sock, @name, unix-abstract:name
/// </code></example>
[TypeConverter(typeof(ParsableConverter<UnixEndPoint>))]
public sealed class UnixEndPoint : EndPoint, IEquatable<UnixEndPoint>, ISpanParsable<UnixEndPoint>
{
    /// <summary>The maximum number of bytes in an abstract name, or in a path to bind to; paths to connect to may be longer.</summary>
    public const int MaxNameLength = 107;

    private const int FamilySize = sizeof(ushort);

    private readonly byte[] _name;
    private string? _text;

    private UnixEndPoint(UnixEndPointKind kind, byte[] name)
    {
        Kind = kind;
        _name = name;
    }

    /// <summary>Gets the address of a socket that was not bound.</summary>
    public static UnixEndPoint Unnamed { get; } = new(UnixEndPointKind.Unnamed, []);

    /// <summary>Gets the address with which bind(2) chooses a free abstract name of five hexadecimal digits.</summary>
    public static UnixEndPoint Autobind { get; } = new(UnixEndPointKind.Autobind, []);

    /// <summary>Gets the kind of this address.</summary>
    public UnixEndPointKind Kind { get; }

    /// <summary>Gets the path without its final NUL, or the abstract name without its leading NUL; empty for the other kinds.</summary>
    public ReadOnlyMemory<byte> NameBytes => _name;

    /// <summary>Gets the path as text, or null if this is not a path.</summary>
    /// <remarks>Bytes that are not UTF-8 appear as U+FFFD: use <see cref="NameBytes"/> for the exact bytes.</remarks>
    public string? Path => Kind == UnixEndPointKind.Pathname ? Encoding.UTF8.GetString(_name) : null;

    /// <summary>Gets <see cref="AddressFamily.Unix"/>.</summary>
    public override AddressFamily AddressFamily => AddressFamily.Unix;

    /// <summary>
    /// Converts text to an address: <c>/run/x.sock</c>, <c>unix:/run/x.sock</c>, <c>unix:///run/x.sock</c>, <c>@name</c> or
    /// <c>unix-abstract:name</c>.
    /// </summary>
    /// <remarks>The text is taken literally: nothing in it is unescaped. A relative path is resolved against the working directory of this
    /// process. What is written in the notation of a shell or of another program (<c>~/x</c>, <c>$HOME/x</c>, <c>http+unix://%2Fx</c>,
    /// <c>unix:path=/x</c>, <c>localhost:80</c>, quotes or blanks at the ends) is refused; use <see cref="FromPath(string)"/> or
    /// <c>./~/x</c> for a file of such a name.</remarks>
    /// <exception cref="FormatException">The text is not an address; the message says what to write instead.</exception>
    public static UnixEndPoint Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        return Parse(text.AsSpan());
    }

    /// <inheritdoc cref="Parse(string)"/>
    public static UnixEndPoint Parse(ReadOnlySpan<char> text) =>
        UnixEndPointText.Read(text, out var endPoint) is { } problem ? throw new FormatException(problem) : endPoint!;

    /// <summary>Converts text to an address as <see cref="Parse(string)"/> does.</summary>
    /// <returns>False if the text is not an address.</returns>
    public static bool TryParse([NotNullWhen(true)] string? text, [NotNullWhen(true)] out UnixEndPoint? endPoint) =>
        TryParse(text.AsSpan(), out endPoint);

    /// <inheritdoc cref="TryParse(string?, out UnixEndPoint?)"/>
    public static bool TryParse(ReadOnlySpan<char> text, [NotNullWhen(true)] out UnixEndPoint? endPoint) =>
        UnixEndPointText.Read(text, out endPoint) is null;

    static UnixEndPoint IParsable<UnixEndPoint>.Parse(string s, IFormatProvider? provider) => Parse(s);

    static bool IParsable<UnixEndPoint>.TryParse(
        [NotNullWhen(true)] string? s, IFormatProvider? provider, [MaybeNullWhen(false)] out UnixEndPoint result) =>
        TryParse(s, out result);

    static UnixEndPoint ISpanParsable<UnixEndPoint>.Parse(ReadOnlySpan<char> s, IFormatProvider? provider) => Parse(s);

    static bool ISpanParsable<UnixEndPoint>.TryParse(
        ReadOnlySpan<char> s, IFormatProvider? provider, [MaybeNullWhen(false)] out UnixEndPoint result) =>
        TryParse(s, out result);

    /// <summary>Creates the address of a socket file.</summary>
    /// <remarks>One of more than <see cref="MaxNameLength"/> bytes can be connected to by this library, which leads the kernel there by a
    /// descriptor, and cannot be bound to.</remarks>
    /// <param name="path">An absolute path of at most 4,095 bytes of UTF-8, taken literally.</param>
    /// <exception cref="ArgumentException">The path is not valid for a socket; the message says what to do.</exception>
    public static UnixEndPoint FromPath(string path)
    {
        ArgumentNullException.ThrowIfNull(path);
        return UnixEndPointText.ReadPath(path, out var endPoint) is { } problem
            ? throw new ArgumentException(problem, nameof(path))
            : endPoint!;
    }

    /// <summary>Creates the address of a socket file whose path need not be UTF-8.</summary>
    /// <param name="path">An absolute path of at most 4,095 bytes, without a final NUL.</param>
    /// <inheritdoc cref="FromPath(string)" path="/remarks"/>
    /// <exception cref="ArgumentException">The path is not valid for a socket; the message says what to do.</exception>
    public static UnixEndPoint FromPath(ReadOnlySpan<byte> path) =>
        UnixEndPointText.ProblemWithPath(path) is { } problem
            ? throw new ArgumentException(problem, nameof(path))
            : new UnixEndPoint(UnixEndPointKind.Pathname, path.ToArray());

    /// <summary>Creates an abstract address, which is a name without a file.</summary>
    /// <param name="name">One to <see cref="MaxNameLength"/> bytes of UTF-8, without the <c>@</c> that it is printed with.</param>
    /// <exception cref="ArgumentException">The name is not valid; the message says what to do.</exception>
    public static UnixEndPoint FromAbstractName(string name)
    {
        ArgumentNullException.ThrowIfNull(name);
        return UnixEndPointText.ReadAbstractName(name, out var endPoint) is { } problem
            ? throw new ArgumentException(problem, nameof(name))
            : endPoint!;
    }

    /// <summary>Creates an abstract address of arbitrary bytes, NULs included.</summary>
    /// <param name="name">One to <see cref="MaxNameLength"/> bytes, without the leading NUL that the kernel wants.</param>
    /// <exception cref="ArgumentException">The name is empty or too long.</exception>
    public static UnixEndPoint FromAbstractName(ReadOnlySpan<byte> name) =>
        UnixEndPointText.ProblemWithAbstractName(name) is { } problem
            ? throw new ArgumentException(problem, nameof(name))
            : new UnixEndPoint(UnixEndPointKind.Abstract, name.ToArray());

    /// <summary>Creates the address of a socket file in a directory that only this user can access.</summary>
    /// <remarks>The directory is the first of <c>$XDG_RUNTIME_DIR</c> and <c>/run/user/UID</c> that this user owns with the mode 0700, or
    /// else <c>/tmp/samehost-UID</c>, which is created with that mode if it does not exist. The second is that of the user's session, which
    /// cron jobs, su(1) and system services find without the variable. A program that starts while the user has no session finds neither:
    /// set the variable for it and for its peers, or give a path of your own.</remarks>
    /// <param name="fileName">A plain file name such as <c>app.sock</c>.</param>
    /// <exception cref="ArgumentException">The name is not a plain file name, or the path gets too long.</exception>
    /// <exception cref="IOException">The directory in <c>/tmp</c> is not private: another user owns it, it is a symbolic link, or its mode
    /// is not 0700.</exception>
    public static UnixEndPoint UserRuntime(string fileName)
    {
        ArgumentNullException.ThrowIfNull(fileName);
        if (fileName is "" or "." or ".." || fileName.Contains('/'))
            throw new ArgumentException($"\"{fileName}\" is not a plain file name: give one such as \"app.sock\".", nameof(fileName));
        var path = $"{UserRuntimeDirectory.Find()}/{fileName}";
        return UnixEndPointText.ReadPath(path, out var endPoint) is { } problem
            ? throw new ArgumentException(problem, nameof(fileName))
            : endPoint!;
    }

    /// <summary>Returns true if kind and bytes are the same.</summary>
    public bool Equals([NotNullWhen(true)] UnixEndPoint? other) =>
        other is not null && Kind == other.Kind && _name.AsSpan().SequenceEqual(other._name);

    /// <inheritdoc/>
    public override bool Equals([NotNullWhen(true)] object? obj) => Equals(obj as UnixEndPoint);

    /// <inheritdoc/>
    public override int GetHashCode()
    {
        var hash = default(HashCode);
        hash.Add(Kind);
        hash.AddBytes(_name);
        return hash.ToHashCode();
    }

    /// <summary>Returns true if kind and bytes are the same, or both are null.</summary>
    public static bool operator ==(UnixEndPoint? left, UnixEndPoint? right) => left is null ? right is null : left.Equals(right);

    /// <summary>Returns false if kind and bytes are the same, or both are null.</summary>
    public static bool operator !=(UnixEndPoint? left, UnixEndPoint? right) => !(left == right);

    /// <summary>Returns <c>/run/x.sock</c>, <c>@name</c>, <c>(unnamed)</c> or <c>(autobind)</c>.</summary>
    /// <remarks>Control and formatting characters and bytes that are not UTF-8 are escaped as <c>\xNN</c>, so the result is always one
    /// harmless line. Without such characters and without a blank at its end, <see cref="Parse(string)"/> converts it back.</remarks>
    public override string ToString() => _text ??= UnixEndPointText.Print(Kind, _name);

    /// <summary>Whether the name fits into the address of a system call: a path of up to 108 bytes does, without a NUL.</summary>
    internal bool FitsIntoCall => _name.Length <= LibcSocket.SockAddrSize - FamilySize;

    /// <summary>
    /// Reads a <c>struct sockaddr_un</c> as the kernel returned it. A length of zero (a datagram from an unbound socket) or of the family
    /// alone means unnamed; a path ends at its first NUL or at the end of the bytes; an abstract name may contain NULs.
    /// </summary>
    internal static UnixEndPoint FromSockAddr(ReadOnlySpan<byte> sockaddr) =>
        FromKernelName(sockaddr[Math.Min(FamilySize, sockaddr.Length)..]);

    /// <summary>Reads what follows the family, which is all that the kernel's table of sockets has.</summary>
    internal static UnixEndPoint FromKernelName(ReadOnlySpan<byte> name)
    {
        if (name.IsEmpty)
            return Unnamed;
        if (name[0] == 0)
            return new UnixEndPoint(UnixEndPointKind.Abstract, name[1..].ToArray());
        var end = name.IndexOf((byte)0);
        return new UnixEndPoint(UnixEndPointKind.Pathname, (end < 0 ? name : name[..end]).ToArray());
    }

    /// <summary>
    /// Writes the address for bind, connect or sendto, where it fits into one, see <see cref="CallAddress"/>;
    /// <paramref name="buffer"/> holds at least <see cref="LibcSocket.SockAddrSize"/> bytes. Returns the length to pass with it.
    /// </summary>
    internal int WriteSockAddr(Span<byte> buffer)
    {
        buffer[..LibcSocket.SockAddrSize].Clear();
        BitConverter.TryWriteBytes(buffer, (ushort)LibcSocket.AF_UNIX);
        switch (Kind)
        {
            case UnixEndPointKind.Abstract:
                _name.CopyTo(buffer[(FamilySize + 1)..]);
                return FamilySize + 1 + _name.Length;
            case UnixEndPointKind.Pathname:
                // The kernel does not need the final NUL and takes a path of 108 bytes without one, so another program may have bound one.
                _name.CopyTo(buffer[FamilySize..]);
                return Math.Min(FamilySize + _name.Length + 1, LibcSocket.SockAddrSize);
            default:
                return FamilySize;
        }
    }

    /// <summary>Converts this address to a <see cref="SocketAddress"/>, which <see cref="Socket"/> requires.</summary>
    /// <remarks>The result of a path of more than <see cref="MaxNameLength"/> bytes is too long for a system call, which fails with EINVAL:
    /// only this library's own methods can connect to it.</remarks>
    public override SocketAddress Serialize()
    {
        if (!FitsIntoCall)
        {
            var tooLong = new SocketAddress(AddressFamily.Unix, FamilySize + _name.Length + 1);
            _name.CopyTo(tooLong.Buffer.Span[FamilySize..]);
            return tooLong;
        }

        Span<byte> bytes = stackalloc byte[LibcSocket.SockAddrSize];
        var length = WriteSockAddr(bytes);
        var result = new SocketAddress(AddressFamily.Unix, length);
        bytes[FamilySize..length].CopyTo(result.Buffer.Span[FamilySize..]);
        return result;
    }

    /// <summary>Creates an address from a <see cref="SocketAddress"/>.</summary>
    /// <exception cref="ArgumentException">The address is not of the family <see cref="AddressFamily.Unix"/>.</exception>
    public override EndPoint Create(SocketAddress socketAddress)
    {
        ArgumentNullException.ThrowIfNull(socketAddress);
        if (socketAddress.Family != AddressFamily.Unix)
        {
            throw new ArgumentException(
                $"Not the address of a local socket but one of family {socketAddress.Family}.", nameof(socketAddress));
        }

        // The kernel reports a path of 108 bytes as one byte more; only paths too long for a call are longer than that.
        var size = socketAddress.Size == LibcSocket.SockAddrSize + 1 ? LibcSocket.SockAddrSize : socketAddress.Size;
        return FromSockAddr(socketAddress.Buffer.Span[..size]);
    }
}

/// <summary>The kinds of address that a local socket can have (unix(7)).</summary>
public enum UnixEndPointKind
{
    /// <summary>No name: a socket that was never bound, as the connecting side usually is.</summary>
    Unnamed,

    /// <summary>A file in the file system, with an owner and a mode.</summary>
    Pathname,

    /// <summary>A name in the network namespace, without a file and without permissions; it exists as long as its socket.</summary>
    Abstract,

    /// <summary>For binding only: the kernel chooses a free abstract name.</summary>
    Autobind,
}
