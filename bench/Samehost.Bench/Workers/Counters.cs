using System.Buffers.Binary;
using System.Diagnostics;
using System.Globalization;
using System.Runtime.CompilerServices;
using Samehost.Bench.Measuring;

namespace Samehost.Bench.Workers;

/// <summary>
/// Counts the round trips of a client, first for the warm-up and then for the measurement, and reads the clock at every sixteenth. It also
/// writes the requests and checks the responses, so that no figure comes from a peer that does not echo.
/// </summary>
internal sealed class RoundTripCounter(string warmupSeconds, string seconds)
{
    private const int ClockEvery = 16;
    private readonly long _length = Ticks(seconds);
    private long _start;
    private long _end = Stopwatch.GetTimestamp() + Ticks(warmupSeconds);
    private long _done = -1;
    private bool _measuring;

    public byte[] Request { get; } = new byte[64];

    public byte[] Reply { get; } = new byte[64];

    /// <summary>Counts an operation without bytes to check. When the time is over it prints the result and returns false.</summary>
    public bool Count() => ++_done % ClockEvery != 0 || !IsOver();

    /// <summary>
    /// Checks the last response and prepares the next request. When the time is over it prints the result and returns false.
    /// </summary>
    public bool Next()
    {
        if (!Reply.AsSpan().SequenceEqual(Request))
            throw new BenchException("the response is not what was sent");
        if (++_done % ClockEvery == 0 && IsOver())
            return false;
        BinaryPrimitives.WriteInt64LittleEndian(Request, _done);
        return true;
    }

    private static long Ticks(string seconds) => (long)(double.Parse(seconds, CultureInfo.InvariantCulture) * Stopwatch.Frequency);

    private bool IsOver()
    {
        var now = Stopwatch.GetTimestamp();
        if (now < _end)
            return false;
        if (_measuring)
        {
            var nanoseconds = Stopwatch.GetElapsedTime(_start, now).TotalNanoseconds;
            Console.WriteLine($"{ResultLine.Start}roundtrips={_done} nanoseconds={nanoseconds:0}");
            return true;
        }

        _measuring = true;
        _done = 0;
        _start = now;
        _end = now + _length;
        return false;
    }
}

/// <summary>
/// Counts the messages of a receiver, first for the warm-up and then for the measurement, and checks that each is the one that was sent.
/// </summary>
internal sealed class MessageCounter(string warmupSeconds, string seconds)
{
    public const int MessageLength = 64;
    private readonly long _length = Ticks(seconds);
    private long _next;
    private long _before;
    private long _allocatedBefore;
    private long _start;
    private long _end = Stopwatch.GetTimestamp() + Ticks(warmupSeconds);

    /// <summary>Checks and counts a message.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Take(ReadOnlySpan<byte> message)
    {
        if (message.Length != MessageLength || BinaryPrimitives.ReadInt64LittleEndian(message) != _next++)
            throw new BenchException("the message is not the one that was sent");
    }

    /// <summary>Counts what the caller has checked, bytes for example.</summary>
    public void Add(int messages) => _next += messages;

    /// <summary>Is called once for each read. When the time is over it prints the result and returns true.</summary>
    public bool IsOver()
    {
        var now = Stopwatch.GetTimestamp();
        if (now < _end)
            return false;
        if (_start != 0)
        {
            var nanoseconds = Stopwatch.GetElapsedTime(_start, now).TotalNanoseconds;
            var allocated = GC.GetTotalAllocatedBytes() - _allocatedBefore;
            Console.WriteLine($"{ResultLine.Start}messages={_next - _before} nanoseconds={nanoseconds:0} allocated={allocated}");
            return true;
        }

        _allocatedBefore = GC.GetTotalAllocatedBytes();
        _before = _next;
        _start = now;
        _end = now + _length;
        return false;
    }

    private static long Ticks(string seconds) => (long)(double.Parse(seconds, CultureInfo.InvariantCulture) * Stopwatch.Frequency);
}
