using System.Buffers.Binary;
using System.Diagnostics;
using System.Globalization;
using Samehost.Bench.Measuring;

namespace Samehost.Bench.Roles;

/// <summary>
/// Counts the round trips of a client, first for the warm-up and then for the measurement, and looks at the time only every
/// sixteenth. It also writes the requests and checks the answers, so that no figure comes from a peer that does not echo.
/// </summary>
internal sealed class RoundTripClock(string warmupSeconds, string seconds)
{
    private const int ClockEvery = 16;
    private readonly long _length = Ticks(seconds);
    private long _start;
    private long _end = Stopwatch.GetTimestamp() + Ticks(warmupSeconds);
    private long _done = -1;
    private bool _measuring;

    public byte[] Request { get; } = new byte[64];

    public byte[] Reply { get; } = new byte[64];

    /// <summary>Counts something that has no bytes to check; false, with the result printed, when the time is over.</summary>
    public bool Count() => ++_done % ClockEvery != 0 || !IsOver();

    /// <summary>Checks the last answer and prepares the next request; false, with the result printed, when the time is over.</summary>
    public bool Next()
    {
        if (!Reply.AsSpan().SequenceEqual(Request))
            throw new BenchException("the answer is not what was sent");
        if (++_done % ClockEvery == 0 && IsOver())
            return false;
        BinaryPrimitives.WriteInt64LittleEndian(Request, _done);
        return true;
    }

    private static long Ticks(string seconds) => (long)(double.Parse(seconds, CultureInfo.InvariantCulture) * Stopwatch.Frequency);

    private bool IsOver()
    {
        long now = Stopwatch.GetTimestamp();
        if (now < _end)
            return false;
        if (_measuring)
        {
            double nanoseconds = Stopwatch.GetElapsedTime(_start, now).TotalNanoseconds;
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
