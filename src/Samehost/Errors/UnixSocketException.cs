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

    /// <summary>Makes the exception for a call that failed.</summary>
    /// <param name="errno">What the kernel reported.</param>
    /// <param name="operation">The call in one word: <c>connect</c>, <c>bind</c>, <c>listen</c>, <c>accept</c>, <c>read</c>…</param>
    /// <param name="endPoint">The address that the call was about, if any.</param>
    /// <param name="hint">What to look at; when null, the hint that fits the other three, which is found when it is first read.</param>
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

    /// <summary>Makes the exception for a call that failed with a lock held, under which a hint must not look anything up.</summary>
    internal UnixSocketException(Errno errno, string operation, EndPoint? endPoint, Func<string?> makeHint)
        : this(errno, operation, endPoint) => _makeHint = makeHint;

    /// <summary>What the kernel reported.</summary>
    public Errno Errno { get; }

    /// <summary>The call that failed, in one word: <c>connect</c>, <c>bind</c>…</summary>
    public string Operation { get; }

    /// <summary>The address that the call was about (a <c>UnixEndPoint</c>), or null.</summary>
    public EndPoint? EndPoint { get; }

    /// <summary>What to look at, in a sentence or two; null when there is nothing to say beyond the error itself.</summary>
    /// <remarks>Where it depends on the path, the file system is looked at when this or <see cref="Message"/> is first read: failing calls
    /// hold locks, and a network file system may take its time.</remarks>
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

    /// <summary>The call and the error, the address, and on a line of its own the hint.</summary>
    public override string Message => field ??= Describe(Summary, EndPoint, Hint);

    /// <summary>One line without address and hint, as a command would print it:
    /// <c>connect failed: No such file or directory (2)</c>.</summary>
    public string Summary { get; }

    /// <summary>The errno as a number.</summary>
    public override int ErrorCode => (int)Errno;

    /// <summary>The socket whose call failed, where a server has to know its connection's failures from others.</summary>
    internal object? FailedSocket { get; init; }

    private string? FindHint()
    {
        try
        {
            return _makeHint is null ? Hints.For(Errno, Operation, EndPoint) : _makeHint();
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
        string text = Marshal.GetPInvokeErrorMessage((int)errno);
        return string.Create(CultureInfo.InvariantCulture, $"{operation} failed: {text} ({(int)errno})");
    }

    private static string Describe(string summary, EndPoint? endPoint, string? hint)
    {
        string message = endPoint is null ? summary : $"{summary}: {endPoint}";
        return hint is null ? message : $"{message}\n{hint}";
    }
}
