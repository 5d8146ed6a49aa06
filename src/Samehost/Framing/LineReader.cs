using System.Runtime.CompilerServices;

namespace Samehost.Framing;

/// <summary>Reads lines from a stream, as bytes.</summary>
/// <remarks>
/// <para>A line ends with a newline and an optional carriage return before it; the last one may end with the stream. One read receives many
/// lines, and reading them does not allocate.</para>
/// <para>Not thread-safe: one caller at a time. The reader reads ahead, so nothing else may read from the stream.</para>
/// <para>Cancel safe: a canceled call has lost nothing; the part of a line that has arrived is kept for the next call.</para>
/// <para>A line longer than <see cref="LineOptions.MaxLength"/> is an <see cref="InvalidDataException"/>, and every later call fails as
/// well.</para>
/// </remarks>
/// <example><code>
/// using var reader = new LineReader(stream);
/// while (await reader.ReadStringAsync() is { } line)
///     Console.WriteLine(line);
/// </code></example>
public sealed class LineReader : IDisposable, IAsyncDisposable
{
    private readonly InputBuffer _input;
    private readonly int _maxLength;
    private readonly bool _stripsCarriageReturn;
    private int _scanned; // the number of bytes from the start that contain no newline

    /// <summary>Initializes a reader.</summary>
    /// <param name="stream">The stream, which the caller closes unless <see cref="LineOptions.OwnsStream"/>.</param>
    /// <param name="options">The limits; if null, the defaults of <see cref="LineOptions"/>.</param>
    /// <exception cref="ArgumentException">The stream is not readable.</exception>
    public LineReader(Stream stream, LineOptions? options = null)
    {
        options ??= new();
        _maxLength = options.MaxLength;
        _stripsCarriageReturn = options.StripCarriageReturn;
        _input = new InputBuffer(stream, options.BufferSize, options.OwnsStream);
    }

    /// <summary>Reads a line that has arrived completely, without reading from the stream.</summary>
    /// <returns>False if there is none; <see cref="WaitToReadAsync"/> waits for one.</returns>
    /// <exception cref="InvalidDataException">The next line is longer than <see cref="LineOptions.MaxLength"/>.</exception>
    public bool TryRead(out Line line)
    {
        var length = Find();
        if (length < 0)
        {
            line = default;
            return false;
        }

        var bytes = _input.Bytes;
        var start = _input.Start;
        var end = start + length;
        var isTerminated = end < _input.End;
        _input.Start = isTerminated ? end + 1 : end;
        _scanned = 0;
        if (isTerminated && length > 0 && _stripsCarriageReturn && bytes[end - 1] == (byte)'\r')
            length--;
        line = new Line(bytes, start, length);
        return true;
    }

    /// <summary>Waits until <see cref="TryRead"/> can read a line.</summary>
    /// <remarks>Cancel safe.</remarks>
    /// <returns>False at the end of the stream.</returns>
    /// <exception cref="InvalidDataException">The next line is longer than <see cref="LineOptions.MaxLength"/>.</exception>
    /// <exception cref="IOException">ECONNRESET; see <see cref="UnixStream.Read(Span{byte})"/>.</exception>
    public ValueTask<bool> WaitToReadAsync(CancellationToken cancellationToken = default) =>
        Find() >= 0 ? new ValueTask<bool>(true) : FillAsync(cancellationToken);

    /// <summary>Reads the next line, or the end of the stream (<see cref="Line.IsEnd"/>).</summary>
    /// <remarks>Cancel safe.</remarks>
    /// <exception cref="InvalidDataException">The next line is longer than <see cref="LineOptions.MaxLength"/>.</exception>
    /// <exception cref="IOException">ECONNRESET; see <see cref="UnixStream.Read(Span{byte})"/>.</exception>
    public ValueTask<Line> ReadAsync(CancellationToken cancellationToken = default) =>
        TryRead(out var line) ? new ValueTask<Line>(line) : ReadSlowAsync(cancellationToken);

    /// <summary>Reads the next line as UTF-8 text; null at the end of the stream. See <see cref="ReadAsync"/>.</summary>
    /// <remarks>Cancel safe.</remarks>
    /// <exception cref="InvalidDataException">The next line is longer than <see cref="LineOptions.MaxLength"/>.</exception>
    /// <exception cref="IOException">ECONNRESET; see <see cref="UnixStream.Read(Span{byte})"/>.</exception>
    public async ValueTask<string?> ReadStringAsync(CancellationToken cancellationToken = default) =>
        await ReadAsync(cancellationToken).ConfigureAwait(false) is { IsEnd: false } line ? line.ToString() : null;

    /// <summary>Reads all lines until the stream ends.</summary>
    /// <remarks>
    /// <para>A line is valid until the next one is requested.</para>
    /// <para>Cancel safe.</para>
    /// </remarks>
    /// <exception cref="InvalidDataException">A line is longer than <see cref="LineOptions.MaxLength"/>.</exception>
    /// <exception cref="IOException">ECONNRESET; see <see cref="UnixStream.Read(Span{byte})"/>.</exception>
    public async IAsyncEnumerable<Line> ReadAllAsync([EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        while (await WaitToReadAsync(cancellationToken).ConfigureAwait(false))
        {
            while (TryRead(out var line))
                yield return line;
        }
    }

    /// <summary>Waits until <see cref="TryRead"/> can read a line, blocking the thread; see <see cref="WaitToReadAsync"/>.</summary>
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

    /// <summary>Reads the next line, blocking the thread until it has arrived; see <see cref="ReadAsync"/>.</summary>
    /// <exception cref="IOException">Also ETIMEDOUT after <see cref="UnixStream.ReadTimeout"/>, which loses nothing.</exception>
    public Line Read() => WaitToRead() && TryRead(out var line) ? line : default;

    /// <summary>Closes the stream if <see cref="LineOptions.OwnsStream"/>.</summary>
    public void Dispose() => _input.Close();

    /// <inheritdoc cref="Dispose"/>
    public ValueTask DisposeAsync() => _input.CloseAsync();

    /// <summary>Returns the length of the next line up to its newline or the end of the stream, or −1 if it is incomplete.</summary>
    private int Find()
    {
        var available = _input.Available;
        var at = _input.Bytes.AsSpan(_input.Start + _scanned, available - _scanned).IndexOf((byte)'\n');
        _scanned = at < 0 ? available : _scanned + at;
        if (_scanned > _maxLength)
            throw new InvalidDataException($"A line has {_scanned} bytes or more; the longest allowed is {_maxLength}.");
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
