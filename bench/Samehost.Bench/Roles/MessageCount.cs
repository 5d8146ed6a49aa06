using System.Buffers.Binary;
using System.Diagnostics;
using System.Globalization;
using System.Runtime.CompilerServices;
using Samehost.Bench.Measuring;

namespace Samehost.Bench.Roles;

/// <summary>
/// Counts the messages of a receiver, first for the warm-up and then for the measurement, and checks that each is the one that was
/// sent.
/// </summary>
internal sealed class MessageCount(string warmupSeconds, string seconds)
{
    public const int MessageLength = 64;
    private readonly long _length = Ticks(seconds);
    private long _next;
    private long _before;
    private long _allocatedBefore;
    private long _start;
    private long _end = Stopwatch.GetTimestamp() + Ticks(warmupSeconds);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Take(ReadOnlySpan<byte> message)
    {
        if (message.Length != MessageLength || BinaryPrimitives.ReadInt64LittleEndian(message) != _next++)
            throw new BenchException("the message is not the one that was sent");
    }

    /// <summary>Counts what somebody else has checked, bytes for example.</summary>
    public void Add(int messages) => _next += messages;

    /// <summary>Asked once for each read: true, with the result printed, when the time is over.</summary>
    public bool IsOver()
    {
        long now = Stopwatch.GetTimestamp();
        if (now < _end)
            return false;
        if (_start != 0)
        {
            double nanoseconds = Stopwatch.GetElapsedTime(_start, now).TotalNanoseconds;
            long allocated = GC.GetTotalAllocatedBytes() - _allocatedBefore;
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
