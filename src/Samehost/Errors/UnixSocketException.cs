using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using Samehost.Errors;

namespace Samehost;

/// <summary>
/// A call on a local socket failed: which one, with which errno, on which address, and what to look at.
/// </summary>
/// <remarks>
/// It is a <see cref="SocketException"/>, so <c>catch (SocketException e) when (e.SocketErrorCode == SocketError.ConnectionRefused)</c>
/// works as with <see cref="Socket"/>. <see cref="ErrorCode"/> is the errno. The numbers are explained in errno(3), those of
/// local sockets in unix(7).
/// </remarks>
public sealed class UnixSocketException : SocketException
{
    private readonly Func<string?>? _makeHint;
    private bool _hasHint;

    /// <summary>Creates the exception for a call that failed.</summary>
    /// <param name="errno">What the kernel reported.</param>
    /// <param name="operation">The call in one word: <c>connect</c>, <c>bind</c>, <c>listen</c>, <c>accept</c>, <c>read</c>…</param>
    /// <param name="endPoint">The address that the call was about, if any.</param>
    /// <param name="hint">What to look at; when null, a hint that is computed from the other three when it is first read.</param>
    public UnixSocketException(Errno errno, string operation, EndPoint? endPoint = null, string? hint = null)
        : base((int)SocketErrorMap.From(errno))
    {
        Summary = Summarize(errno, operation);
        Errno = errno;
        Operation = operation;
        EndPoint = endPoint;
        Hint = hint;
        _hasHint = hint is not null;
    }

    /// <summary>Creates the exception with a hint that is computed when it is first read.</summary>
    internal UnixSocketException(Errno errno, string operation, EndPoint? endPoint, Func<string?> makeHint)
        : this(errno, operation, endPoint) => _makeHint = makeHint;

    /// <summary>What the kernel reported.</summary>
    public Errno Errno { get; }

    /// <summary>The call that failed, in one word: <c>connect</c>, <c>bind</c>…</summary>
    public string Operation { get; }

    /// <summary>The address that the call was about (a <c>UnixEndPoint</c>), or null.</summary>
    public EndPoint? EndPoint { get; }

    /// <summary>The reason and what to change, in a few sentences; null when there is nothing to add to the error itself.</summary>
    /// <remarks>It is computed when it is first read, and then stays. Where it depends on the address, the file system and the kernel's
    /// table of sockets are read for it, with the rights of the reading thread. Reading it never throws.</remarks>
    public string? Hint
    {
        get
        {
            if (!_hasHint)
            {
                field = FindHint();
                _hasHint = true;
            }

            return field;
        }
    }

    /// <summary>The call, the error and the address on one line:
    /// <c>connect failed: No such file or directory (2): /run/app.sock</c>.</summary>
    public override string Message => field ??= EndPoint is null ? Summary : $"{Summary}: {EndPoint}";

    /// <summary>The message without the address: <c>connect failed: No such file or directory (2)</c>.</summary>
    public string Summary { get; }

    /// <summary>The errno as a number.</summary>
    public override int ErrorCode => (int)Errno;

    /// <summary>The type, the message, the hint on a line of its own, and the stack trace.</summary>
    public override string ToString()
    {
        var text = $"{GetType()}: {Message}";
        if (Hint is { } hint)
            text += Environment.NewLine + hint;
        return StackTrace is { } trace ? text + Environment.NewLine + trace : text;
    }

    /// <summary>The socket whose call failed, by which a server distinguishes failures of its connection from others.</summary>
    internal object? FailedSocket { get; init; }

    /// <summary>The type of the socket that made the call, where that is known; the hint depends on it.</summary>
    internal int? SocketType { get; init; }

    private string? FindHint()
    {
        try
        {
            return _makeHint is null ? Hints.For(Errno, Operation, EndPoint, SocketType) : _makeHint();
        }
#pragma warning disable CA1031 // an exception that cannot be printed would hide the failure that it is about
        catch
#pragma warning restore CA1031
        {
            return null;
        }
    }

    private static string Summarize(Errno errno, string operation)
    {
        ArgumentException.ThrowIfNullOrEmpty(operation);
        var text = Marshal.GetPInvokeErrorMessage((int)errno);
        return string.Create(CultureInfo.InvariantCulture, $"{operation} failed: {text} ({(int)errno})");
    }
}
