using System.Runtime.CompilerServices;
using Samehost.Framing;

namespace Samehost;

/// <summary>
/// Reads lines from a <see cref="UnixStream"/>, as bytes: each ends with a newline (and an optional carriage return before it), the last
/// one perhaps with the stream. Many lines come with one read, and none costs an allocation.
/// </summary>
/// <remarks>
/// <para>Not thread-safe: one caller at a time. It reads ahead, so nobody else may read from the stream.</para>
/// <para>Cancel safe: a cancelled call has lost nothing; what had arrived of a line is kept for the next call.</para>
/// <para>A line longer than <see cref="LineOptions.MaxLength"/> is an <see cref="InvalidDataException"/>, and every later call fails
/// likewise.</para>
/// </remarks>
/// <example><code>
/// using var reader = new LineReader(stream);
/// while (await reader.ReadStringAsync() is { } line)
///     Console.WriteLine(line);
/// </code></example>
public sealed class LineReader : IDisposable, IAsyncDisposable
{
    private readonly InputBuffer _input;
    private readonly LineOptions _options;
    private int _scanned; // so many bytes from the start hold no newline

    /// <summary>Reads lines from a stream.</summary>
    /// <param name="stream">The stream; it stays the caller's to close, unless <see cref="LineOptions.OwnsStream"/>.</param>
    /// <param name="options"><see cref="LineOptions.Default"/> when null.</param>
    public LineReader(UnixStream stream, LineOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(stream);
        _options = options ?? LineOptions.Default;
        _input = new InputBuffer(stream, _options.BufferSize);
    }

    /// <summary>Takes a line that has arrived as a whole; never waits and never reads from the stream.</summary>
    /// <returns>False when there is none: <see cref="WaitToReadAsync"/> reads on.</returns>
    /// <exception cref="InvalidDataException">The next line is longer than <see cref="LineOptions.MaxLength"/>.</exception>
    public bool TryRead(out Line line)
    {
        int length = Find();
        if (length < 0)
        {
            line = default;
            return false;
        }

        byte[] bytes = _input.Bytes;
        int start = _input.Start;
        int end = start + length;
        bool terminated = end < _input.End;
        _input.Start = terminated ? end + 1 : end;
        _scanned = 0;
        if (terminated && length > 0 && _options.StripCarriageReturn && bytes[end - 1] == (byte)'\r')
            length--;
        line = new Line(bytes, start, length);
        return true;
    }

    /// <summary>Waits until a line is there for <see cref="TryRead"/>.</summary>
    /// <remarks>Cancel safe.</remarks>
    /// <returns>False at the end of the stream.</returns>
    /// <exception cref="InvalidDataException">The next line is longer than <see cref="LineOptions.MaxLength"/>.</exception>
    /// <exception cref="IOException">ECONNRESET; see <see cref="UnixStream.Read(Span{byte})"/>.</exception>
    public ValueTask<bool> WaitToReadAsync(CancellationToken cancellationToken = default) =>
        Find() >= 0 ? new ValueTask<bool>(true) : FillAsync(cancellationToken);

    /// <summary>The next line, or the end of the stream (<see cref="Line.IsEnd"/>).</summary>
    /// <remarks>Cancel safe.</remarks>
    /// <exception cref="InvalidDataException">The next line is longer than <see cref="LineOptions.MaxLength"/>.</exception>
    /// <exception cref="IOException">ECONNRESET; see <see cref="UnixStream.Read(Span{byte})"/>.</exception>
    public ValueTask<Line> ReadAsync(CancellationToken cancellationToken = default) =>
        TryRead(out var line) ? new ValueTask<Line>(line) : ReadSlowAsync(cancellationToken);

    /// <summary>The next line as text, taken for UTF-8; null at the end of the stream. See <see cref="ReadAsync"/>.</summary>
    /// <remarks>Cancel safe.</remarks>
    /// <exception cref="InvalidDataException">The next line is longer than <see cref="LineOptions.MaxLength"/>.</exception>
    /// <exception cref="IOException">ECONNRESET; see <see cref="UnixStream.Read(Span{byte})"/>.</exception>
    public async ValueTask<string?> ReadStringAsync(CancellationToken cancellationToken = default) =>
        await ReadAsync(cancellationToken).ConfigureAwait(false) is { IsEnd: false } line ? line.ToString() : null;

    /// <summary>Waits until a line is there for <see cref="TryRead"/>, blocking the thread; see <see cref="WaitToReadAsync"/>.</summary>
    /// <exception cref="IOException">Also ETIMEDOUT after <see cref="UnixStream.ReadTimeout"/>, which loses nothing.</exception>
    public bool WaitToRead()
    {
        while (Find() < 0)
        {
            if (_input.HasEnded)
                return false;
            _input.Fill(wanted: 0);
        }

        return true;
    }

    /// <summary>The next line, blocking the thread until it is there; see <see cref="ReadAsync"/>.</summary>
    /// <exception cref="IOException">Also ETIMEDOUT after <see cref="UnixStream.ReadTimeout"/>, which loses nothing.</exception>
    public Line Read() => WaitToRead() && TryRead(out var line) ? line : default;

    /// <summary>Closes the stream only when <see cref="LineOptions.OwnsStream"/>.</summary>
    public void Dispose()
    {
        if (_options.OwnsStream)
            _input.Stream.Dispose();
    }

    /// <inheritdoc cref="Dispose"/>
    public ValueTask DisposeAsync()
    {
        Dispose();
        return ValueTask.CompletedTask;
    }

    /// <summary>The length of the next line up to its newline or the end of the stream; −1 while it is incomplete.</summary>
    private int Find()
    {
        int available = _input.Available;
        int at = _input.Bytes.AsSpan(_input.Start + _scanned, available - _scanned).IndexOf((byte)'\n');
        _scanned = at < 0 ? available : _scanned + at;
        if (_scanned > _options.MaxLength)
            throw new InvalidDataException($"A line has {_scanned} bytes or more; the longest allowed is {_options.MaxLength}.");
        return at >= 0 || (_input.HasEnded && available > 0) ? _scanned : -1;
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<bool> FillAsync(CancellationToken cancellationToken)
    {
        do
        {
            if (_input.HasEnded)
                return false;
            await _input.FillAsync(wanted: 0, cancellationToken).ConfigureAwait(false);
        }
        while (Find() < 0);
        return true;
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<Line> ReadSlowAsync(CancellationToken cancellationToken) =>
        await WaitToReadAsync(cancellationToken).ConfigureAwait(false) && TryRead(out var line) ? line : default;
}
