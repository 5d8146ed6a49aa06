using System.Runtime.CompilerServices;
using System.Text;

namespace Samehost.Framing;

/// <summary>Writes lines to a stream: bytes or text, each followed by a newline.</summary>
/// <remarks>
/// <para>Short lines are gathered and sent together; long ones are not copied. A line that contains a newline is refused: the peer would
/// read it as two, and the second may be an attacker's.</para>
/// <para>Not thread-safe: one caller at a time. The lines are sent when the buffer is full, by <see cref="Flush"/> and
/// <see cref="FlushAsync"/>, and at disposal: flush before waiting for an answer.</para>
/// <para>Not cancel safe: a send that is canceled, times out or fails may have sent part of a line, so that nothing can follow it; further
/// calls are then an <see cref="InvalidOperationException"/>. A token that was canceled before the call leaves everything as it
/// was.</para>
/// </remarks>
/// <example><code>
/// await using var writer = new LineWriter(stream);
/// await writer.WriteAsync("hello");
/// await writer.FlushAsync();
/// </code></example>
public sealed class LineWriter : IDisposable, IAsyncDisposable
{
    private readonly OutputBuffer _output;
    private readonly int _maxLength;

    /// <summary>Initializes a writer.</summary>
    /// <param name="stream">The stream, which the caller closes unless <see cref="LineOptions.OwnsStream"/>.</param>
    /// <param name="options">The limits; if null, the defaults of <see cref="LineOptions"/>.</param>
    /// <exception cref="ArgumentException">The stream is not writable.</exception>
    public LineWriter(Stream stream, LineOptions? options = null)
    {
        options ??= new();
        _maxLength = options.MaxLength;
        _output = new OutputBuffer(stream, options.BufferSize, options.OwnsStream);
    }

    /// <summary>Writes a line to the buffer if it has enough space, without sending.</summary>
    /// <returns>False if the buffer has to be flushed first, or the line is longer than the buffer; nothing was written then.</returns>
    /// <exception cref="ArgumentException">Longer than <see cref="LineOptions.MaxLength"/>, or it contains a newline.</exception>
    public bool TryWrite(ReadOnlySpan<byte> line)
    {
        Check(line);
        if (!_output.TryReserve(line.Length + 1, out var space))
            return false;
        line.CopyTo(space);
        space[^1] = (byte)'\n';
        return true;
    }

    /// <summary>Writes a line. A full buffer is sent first, which blocks the thread while the socket's send buffer is full.</summary>
    /// <exception cref="ArgumentException">Longer than <see cref="LineOptions.MaxLength"/>, or it contains a newline; nothing
    /// was written.</exception>
    /// <exception cref="IOException">EPIPE when the peer has closed; ETIMEDOUT after <see cref="UnixStream.WriteTimeout"/>.</exception>
    /// <exception cref="InvalidOperationException">An earlier call failed or was canceled.</exception>
    public void Write(ReadOnlySpan<byte> line)
    {
        if (TryWrite(line))
            return;
        _output.Send();
        if (TryWrite(line))
            return;
        _output.SendThrough(line);
        EndLine();
    }

    /// <summary>Writes text as a line, encoded as UTF-8; see <see cref="Write(ReadOnlySpan{byte})"/>.</summary>
    /// <exception cref="ArgumentException">Longer than <see cref="LineOptions.MaxLength"/>, or it contains a newline; nothing
    /// was written.</exception>
    /// <exception cref="IOException">EPIPE when the peer has closed; ETIMEDOUT after <see cref="UnixStream.WriteTimeout"/>.</exception>
    /// <exception cref="InvalidOperationException">An earlier call failed or was canceled.</exception>
    public void Write(string line)
    {
        if (!TryWrite(line))
            Write(Encoding.UTF8.GetBytes(line));
    }

    /// <summary>Writes a line. A full buffer is sent first.</summary>
    /// <remarks>Not cancel safe.</remarks>
    /// <param name="line">The line; it must not change until the call has ended.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <exception cref="ArgumentException">Longer than <see cref="LineOptions.MaxLength"/>, or it contains a newline; nothing
    /// was written.</exception>
    /// <exception cref="IOException">EPIPE when the peer has closed.</exception>
    /// <exception cref="InvalidOperationException">An earlier call failed or was canceled.</exception>
    public ValueTask WriteAsync(ReadOnlyMemory<byte> line, CancellationToken cancellationToken = default) =>
        TryWrite(line.Span) ? ValueTask.CompletedTask : WriteSlowAsync(line, cancellationToken);

    /// <summary>Writes text as a line, encoded as UTF-8; see <see cref="WriteAsync(ReadOnlyMemory{byte}, CancellationToken)"/>.</summary>
    /// <remarks>Not cancel safe.</remarks>
    /// <exception cref="ArgumentException">Longer than <see cref="LineOptions.MaxLength"/>, or it contains a newline; nothing
    /// was written.</exception>
    /// <exception cref="IOException">EPIPE when the peer has closed.</exception>
    /// <exception cref="InvalidOperationException">An earlier call failed or was canceled.</exception>
    public ValueTask WriteAsync(string line, CancellationToken cancellationToken = default) =>
        TryWrite(line) ? ValueTask.CompletedTask : WriteSlowAsync(Encoding.UTF8.GetBytes(line), cancellationToken);

    /// <summary>Sends the buffer, which blocks the thread while the socket's send buffer is full.</summary>
    /// <exception cref="IOException">EPIPE when the peer has closed; ETIMEDOUT after <see cref="UnixStream.WriteTimeout"/>.</exception>
    /// <exception cref="InvalidOperationException">An earlier call failed or was canceled.</exception>
    public void Flush() => _output.Flush();

    /// <summary>Sends the buffer.</summary>
    /// <remarks>Not cancel safe.</remarks>
    /// <exception cref="IOException">EPIPE when the peer has closed.</exception>
    /// <exception cref="InvalidOperationException">An earlier call failed or was canceled.</exception>
    public ValueTask FlushAsync(CancellationToken cancellationToken = default) => _output.FlushAsync(cancellationToken);

    /// <summary>Sends the buffer, unless an earlier call failed, and closes the stream if <see cref="LineOptions.OwnsStream"/>.</summary>
    /// <exception cref="IOException">EPIPE when the peer has closed, with something left to send.</exception>
    public void Dispose() => _output.Finish();

    /// <inheritdoc cref="Dispose"/>
    public ValueTask DisposeAsync() => _output.FinishAsync();

    private bool TryWrite(string line)
    {
        ArgumentNullException.ThrowIfNull(line);
        var length = Encoding.UTF8.GetByteCount(line);
        CheckLength(length);
        if (line.Contains('\n'))
            throw ContainsNewline();
        if (!_output.TryReserve(length + 1, out var space))
            return false;
        Encoding.UTF8.GetBytes(line, space);
        space[^1] = (byte)'\n';
        return true;
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder))]
    private async ValueTask WriteSlowAsync(ReadOnlyMemory<byte> line, CancellationToken cancellationToken)
    {
        await _output.SendAsync(cancellationToken).ConfigureAwait(false);
        if (TryWrite(line.Span))
            return;
        await _output.SendThroughAsync(line, null, cancellationToken).ConfigureAwait(false);
        EndLine();
    }

    private void EndLine() => _output.Reserve(1)[0] = (byte)'\n';

    private void Check(ReadOnlySpan<byte> line)
    {
        CheckLength(line.Length);
        if (line.Contains((byte)'\n'))
            throw ContainsNewline();
    }

    private void CheckLength(int length)
    {
        if (length > _maxLength)
            throw new ArgumentException($"The line has {length} bytes; the longest allowed is {_maxLength}.");
    }

    private static ArgumentException ContainsNewline() => new("The line contains a newline; the peer would read it as two lines.");
}
