using System.Diagnostics.CodeAnalysis;
using System.Net;
using System.Net.Sockets;
using System.Text;
using Samehost.Addresses;

namespace Samehost;

/// <summary>
/// The address of a local socket: a path, an abstract name, no name, or "pick one for me" (unix(7)).
/// </summary>
/// <remarks>
/// An address is its bytes: two are equal when kind and bytes are, whatever encoding they are meant in, and what the kernel
/// reports comes back unchanged when it is used again. A <see cref="Socket"/> accepts this type wherever it takes an
/// <see cref="EndPoint"/>, and gives it back. Instances never change and can be shared between threads.
/// </remarks>
/// <example><code>
/// UnixEndPoint endPoint = UnixEndPoint.Parse("/run/example.sock"); // or unix:/run/example.sock, @name, unix-abstract:name
/// </code></example>
public sealed partial class UnixEndPoint : EndPoint, IEquatable<UnixEndPoint>
{
    /// <summary>The most bytes that a path or an abstract name can have.</summary>
    public const int MaxNameLength = 107;

    private readonly byte[] _name;
    private string? _text;

    private UnixEndPoint(UnixEndPointKind kind, byte[] name)
    {
        Kind = kind;
        _name = name;
    }

    /// <summary>The address of a socket that was not bound.</summary>
    public static UnixEndPoint Unnamed { get; } = new(UnixEndPointKind.Unnamed, []);

    /// <summary>For binding: the kernel picks a free abstract name of five hexadecimal digits.</summary>
    public static UnixEndPoint Autobind { get; } = new(UnixEndPointKind.Autobind, []);

    /// <summary>Which of the four kinds this is.</summary>
    public UnixEndPointKind Kind { get; }

    /// <summary>The path without its final NUL, or the abstract name without its leading NUL; empty for the other kinds.</summary>
    public ReadOnlyMemory<byte> NameBytes => _name;

    /// <summary>
    /// The path as text, or null when this is not a path. Bytes that are not UTF-8 appear as U+FFFD: use
    /// <see cref="NameBytes"/> where they have to be exact.
    /// </summary>
    public string? Path => Kind == UnixEndPointKind.Pathname ? Encoding.UTF8.GetString(_name) : null;

    /// <summary>Always <see cref="AddressFamily.Unix"/>.</summary>
    public override AddressFamily AddressFamily => AddressFamily.Unix;

    /// <summary>
    /// Reads <c>/run/x.sock</c>, <c>unix:/run/x.sock</c>, <c>unix:///run/x.sock</c>, <c>@name</c> or <c>unix-abstract:name</c>.
    /// The text is taken literally: nothing in it is unescaped.
    /// </summary>
    /// <exception cref="ArgumentException">The text is no address; the message says what to write instead.</exception>
    public static UnixEndPoint Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        return UnixEndPointParser.Read(text, out UnixEndPoint? endPoint) is { } problem
            ? throw new ArgumentException(problem, nameof(text))
            : endPoint!;
    }

    /// <summary>Reads what <see cref="Parse"/> reads; false when the text is no address. Never throws.</summary>
    public static bool TryParse(string? text, [NotNullWhen(true)] out UnixEndPoint? endPoint)
    {
        endPoint = null;
        return text is not null && UnixEndPointParser.Read(text, out endPoint) is null;
    }

    /// <summary>The address of a socket file.</summary>
    /// <param name="path">An absolute path of at most <see cref="MaxNameLength"/> bytes of UTF-8, taken literally.</param>
    /// <exception cref="ArgumentException">The path cannot be one; the message says what to do.</exception>
    public static UnixEndPoint FromPath(string path)
    {
        ArgumentNullException.ThrowIfNull(path);
        return UnixEndPointParser.Path(path, out UnixEndPoint? endPoint) is { } problem
            ? throw new ArgumentException(problem, nameof(path))
            : endPoint!;
    }

    /// <summary>The address of a socket file whose path is not, or need not be, UTF-8.</summary>
    /// <param name="path">An absolute path of at most <see cref="MaxNameLength"/> bytes, without a final NUL.</param>
    /// <exception cref="ArgumentException">The path cannot be one; the message says what to do.</exception>
    public static UnixEndPoint FromPath(ReadOnlySpan<byte> path) =>
        UnixEndPointRules.ProblemWithPath(path) is { } problem
            ? throw new ArgumentException(problem, nameof(path))
            : new UnixEndPoint(UnixEndPointKind.Pathname, path.ToArray());

    /// <summary>An abstract address, which is a name and no file.</summary>
    /// <param name="name">One to <see cref="MaxNameLength"/> bytes of UTF-8, without the <c>@</c> that it is printed with.</param>
    /// <exception cref="ArgumentException">The name cannot be one; the message says what to do.</exception>
    public static UnixEndPoint FromAbstractName(string name)
    {
        ArgumentNullException.ThrowIfNull(name);
        return UnixEndPointParser.AbstractName(name, out UnixEndPoint? endPoint) is { } problem
            ? throw new ArgumentException(problem, nameof(name))
            : endPoint!;
    }

    /// <summary>An abstract address of any bytes, NULs included.</summary>
    /// <param name="name">One to <see cref="MaxNameLength"/> bytes, without the leading NUL that the kernel wants.</param>
    /// <exception cref="ArgumentException">The name is empty or too long.</exception>
    public static UnixEndPoint FromAbstractName(ReadOnlySpan<byte> name) =>
        UnixEndPointRules.ProblemWithAbstractName(name) is { } problem
            ? throw new ArgumentException(problem, nameof(name))
            : new UnixEndPoint(UnixEndPointKind.Abstract, name.ToArray());

    /// <summary>
    /// The address of a socket file in a place that only this user can reach: <c>$XDG_RUNTIME_DIR</c> when it is a directory of
    /// this user's with mode 0700, else <c>/tmp/samehost-UID</c>, which is made with that mode when it is not there.
    /// </summary>
    /// <param name="fileName">A plain file name such as <c>app.sock</c>.</param>
    /// <exception cref="ArgumentException">The name is not a plain file name, or the path gets too long.</exception>
    /// <exception cref="IOException">The directory in <c>/tmp</c> is not private: it belongs to somebody else, is a symbolic link or
    /// lets others in.</exception>
    public static UnixEndPoint UserRuntime(string fileName)
    {
        ArgumentNullException.ThrowIfNull(fileName);
        if (fileName is "" or "." or ".." || fileName.Contains('/'))
            throw new ArgumentException($"\"{fileName}\" is not a plain file name: give one such as \"app.sock\".", nameof(fileName));
        string path = $"{UserRuntimeDirectory.Find()}/{fileName}";
        return UnixEndPointParser.Path(path, out UnixEndPoint? endPoint) is { } problem
            ? throw new ArgumentException(problem, nameof(fileName))
            : endPoint!;
    }

    /// <summary>True when kind and bytes are the same.</summary>
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

    /// <summary>True when kind and bytes are the same, or both are null.</summary>
    public static bool operator ==(UnixEndPoint? left, UnixEndPoint? right) => left is null ? right is null : left.Equals(right);

    /// <summary>False when kind and bytes are the same, or both are null.</summary>
    public static bool operator !=(UnixEndPoint? left, UnixEndPoint? right) => !(left == right);

    /// <summary>
    /// <c>/run/x.sock</c>, <c>@name</c>, <c>(unnamed)</c> or <c>(autobind)</c>. Control, formatting and non-UTF-8 bytes are printed as
    /// <c>\xNN</c>, so the result is always one harmless line; without such bytes <see cref="Parse"/> reads it back.
    /// </summary>
    public override string ToString() => _text ??= UnixEndPointPrinter.Print(Kind, _name);
}
