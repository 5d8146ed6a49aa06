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
    /// <summary>Makes the exception for a call that failed.</summary>
    /// <param name="errno">What the kernel reported.</param>
    /// <param name="operation">The call in one word: <c>connect</c>, <c>bind</c>, <c>listen</c>, <c>accept</c>, <c>read</c>…</param>
    /// <param name="endPoint">The address that the call was about, if any.</param>
    /// <param name="hint">What to look at; when null, the hint that fits the other three, found by looking at the path now.</param>
    public UnixSocketException(Errno errno, string operation, EndPoint? endPoint = null, string? hint = null)
        : this(errno, operation, endPoint, hint ?? Hints.For(errno, operation, endPoint), Summarize(errno, operation))
    {
    }

    private UnixSocketException(Errno errno, string operation, EndPoint? endPoint, string? hint, string summary)
        : base((int)SocketErrorMap.From(errno), Describe(summary, endPoint, hint))
    {
        Errno = errno;
        Operation = operation;
        EndPoint = endPoint;
        Hint = hint;
        Summary = summary;
    }

    /// <summary>What the kernel reported.</summary>
    public Errno Errno { get; }

    /// <summary>The call that failed, in one word: <c>connect</c>, <c>bind</c>…</summary>
    public string Operation { get; }

    /// <summary>The address that the call was about (a <c>UnixEndPoint</c>), or null.</summary>
    public EndPoint? EndPoint { get; }

    /// <summary>What to look at, in a sentence or two; null when there is nothing to say beyond the error itself.</summary>
    public string? Hint { get; }

    /// <summary>One line without address and hint, as a command would print it:
    /// <c>connect failed: No such file or directory (2)</c>.</summary>
    public string Summary { get; }

    /// <summary>The errno as a number.</summary>
    public override int ErrorCode => (int)Errno;

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
