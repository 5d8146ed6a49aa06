using System.Runtime.CompilerServices;
using System.Text;
using Samehost.Framing;

namespace Samehost;

/// <summary>
/// Writes lines to a <see cref="UnixStream"/>: bytes or text, and a newline after them. Short lines are gathered and sent together; long
/// ones are not copied.
/// </summary>
/// <remarks>
/// <para>A line with a newline in it is refused: it would reach the peer as two, of which the second may be an attacker's.</para>
/// <para>Not thread-safe: one caller at a time. What was written is sent when the buffer is full, by <see cref="Flush"/> and
/// <see cref="FlushAsync"/>, and at disposal: flush before waiting for an answer.</para>
/// <para>Not cancel safe: a send that is canceled, times out or fails may have sent part of a line, so that nothing can follow it; further
/// calls are then an <see cref="InvalidOperationException"/>. A token that was canceled before the call leaves everything as it was.</para>
/// </remarks>
/// <example><code>
/// await using var writer = new LineWriter(stream);
/// await writer.WriteAsync("hello");
/// await writer.FlushAsync();
/// </code></example>
public sealed class LineWriter : IDisposable, IAsyncDisposable
{
    private readonly OutputBuffer _output;
    private readonly LineOptions _options;

    /// <summary>Writes lines to a stream.</summary>
    /// <param name="stream">The stream; it stays the caller's to close, unless <see cref="LineOptions.OwnsStream"/>.</param>
    /// <param name="options"><see cref="LineOptions.Default"/> when null.</param>
    public LineWriter(UnixStream stream, LineOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(stream);
        _options = options ?? LineOptions.Default;
        _output = new OutputBuffer(stream, _options.BufferSize);
    }

    /// <summary>Adds a line to what is to be sent, if there is room for it; never sends.</summary>
    /// <returns>False, with nothing added, when it has to be flushed first or the line is longer than the buffer.</returns>
    /// <exception cref="ArgumentException">Longer than <see cref="LineOptions.MaxLength"/>, or a newline in it.</exception>
    public bool TryWrite(ReadOnlySpan<byte> line)
    {
        Check(line);
        if (!_output.TryReserve(line.Length + 1, out var room))
            return false;
        line.CopyTo(room);
        room[^1] = (byte)'\n';
        return true;
    }

    /// <summary>Writes a line; where the buffer is full it is sent first, blocking the thread while the peer has no room.</summary>
    /// <exception cref="ArgumentException">Longer than <see cref="LineOptions.MaxLength"/>, or a newline in it; nothing was
    /// written.</exception>
    /// <exception cref="IOException">EPIPE when the peer has closed; ETIMEDOUT after <see cref="UnixStream.WriteTimeout"/>.</exception>
    /// <exception cref="InvalidOperationException">An earlier call failed or was canceled.</exception>
    public void Write(ReadOnlySpan<byte> line)
    {
        if (TryWrite(line))
            return;
        _output.Flush();
        if (TryWrite(line))
            return;
        _output.SendThrough(line);
        EndLine();
    }

    /// <summary>Writes text as a line, in UTF-8; see <see cref="Write(ReadOnlySpan{byte})"/>.</summary>
    /// <exception cref="ArgumentException">Longer than <see cref="LineOptions.MaxLength"/>, or a newline in it; nothing was
    /// written.</exception>
    /// <exception cref="IOException">EPIPE when the peer has closed; ETIMEDOUT after <see cref="UnixStream.WriteTimeout"/>.</exception>
    /// <exception cref="InvalidOperationException">An earlier call failed or was canceled.</exception>
    public void Write(string line)
    {
        if (!TryWrite(line))
            Write(Encoding.UTF8.GetBytes(line));
    }

    /// <summary>Writes a line; where the buffer is full it is sent first.</summary>
    /// <remarks>Not cancel safe.</remarks>
    /// <param name="line">The line; it must not change until the call has ended.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <exception cref="ArgumentException">Longer than <see cref="LineOptions.MaxLength"/>, or a newline in it; nothing was
    /// written.</exception>
    /// <exception cref="IOException">EPIPE when the peer has closed.</exception>
    /// <exception cref="InvalidOperationException">An earlier call failed or was canceled.</exception>
    public ValueTask WriteAsync(ReadOnlyMemory<byte> line, CancellationToken cancellationToken = default) =>
        TryWrite(line.Span) ? ValueTask.CompletedTask : WriteSlowAsync(line, cancellationToken);

    /// <summary>Writes text as a line, in UTF-8; see <see cref="WriteAsync(ReadOnlyMemory{byte}, CancellationToken)"/>.</summary>
    /// <remarks>Not cancel safe.</remarks>
    /// <exception cref="ArgumentException">Longer than <see cref="LineOptions.MaxLength"/>, or a newline in it; nothing was
    /// written.</exception>
    /// <exception cref="IOException">EPIPE when the peer has closed.</exception>
    /// <exception cref="InvalidOperationException">An earlier call failed or was canceled.</exception>
    public ValueTask WriteAsync(string line, CancellationToken cancellationToken = default) =>
        TryWrite(line) ? ValueTask.CompletedTask : WriteSlowAsync(Encoding.UTF8.GetBytes(line), cancellationToken);

    /// <summary>Sends what was written, blocking the thread while the peer has no room.</summary>
    /// <exception cref="IOException">EPIPE when the peer has closed; ETIMEDOUT after <see cref="UnixStream.WriteTimeout"/>.</exception>
    /// <exception cref="InvalidOperationException">An earlier call failed or was canceled.</exception>
    public void Flush() => _output.Flush();

    /// <summary>Sends what was written.</summary>
    /// <remarks>Not cancel safe.</remarks>
    /// <exception cref="IOException">EPIPE when the peer has closed.</exception>
    /// <exception cref="InvalidOperationException">An earlier call failed or was canceled.</exception>
    public ValueTask FlushAsync(CancellationToken cancellationToken = default) => _output.FlushAsync(cancellationToken);

    /// <summary>Sends what was written, unless an earlier call failed, and closes the stream only when
    /// <see cref="LineOptions.OwnsStream"/>.</summary>
    /// <exception cref="IOException">EPIPE when the peer has closed, with something left to send.</exception>
    public void Dispose() => _output.Finish(_options.OwnsStream);

    /// <inheritdoc cref="Dispose"/>
    public ValueTask DisposeAsync() => _output.FinishAsync(_options.OwnsStream);

    private bool TryWrite(string line)
    {
        ArgumentNullException.ThrowIfNull(line);
        int length = Encoding.UTF8.GetByteCount(line);
        CheckLength(length);
        if (line.Contains('\n'))
            throw NewlineInside();
        if (!_output.TryReserve(length + 1, out var room))
            return false;
        Encoding.UTF8.GetBytes(line, room);
        room[^1] = (byte)'\n';
        return true;
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder))]
    private async ValueTask WriteSlowAsync(ReadOnlyMemory<byte> line, CancellationToken cancellationToken)
    {
        await _output.FlushAsync(cancellationToken).ConfigureAwait(false);
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
            throw NewlineInside();
    }

    private void CheckLength(int length)
    {
        if (length > _options.MaxLength)
            throw new ArgumentException($"The line has {length} bytes; the longest allowed is {_options.MaxLength}.");
    }

    private static ArgumentException NewlineInside() => new("The line has a newline in it; the peer would take it for two lines.");
}
