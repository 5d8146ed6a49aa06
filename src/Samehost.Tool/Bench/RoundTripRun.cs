using System.Diagnostics;
using System.Numerics;
using Samehost.Tool.Cli;
using Samehost.Tool.Terminal;

namespace Samehost.Tool.Bench;

/// <summary>Measures round trips of a message for a time; every answer is compared with what was sent.</summary>
internal sealed class RoundTripRun(byte[] message, TimeSpan time, CancellationToken cancellationToken)
{
    private const int EAGAIN = 11;
    private const string EchoHint = "It has to send back what it is sent, byte for byte, as 'samehost serve ADDRESS --echo' does.";

    private readonly byte[] _answer = new byte[Math.Max(message.Length, 65536)];
    private readonly LatencyHistogram _latencies = new();
    private readonly long _start = Stopwatch.GetTimestamp();
    private readonly long _end = Stopwatch.GetTimestamp() + (long)(time.TotalSeconds * Stopwatch.Frequency);

    public LatencyHistogram Latencies => _latencies;

    /// <summary>Round trips a second.</summary>
    public double Rate { get; private set; }

    /// <summary>The name of the server in error messages.</summary>
    public string Server { get; init; } = "the second process";

    /// <summary>Measures through blocking calls.</summary>
    public RoundTripRun Measure(BlockingChannel channel)
    {
        for (long number = 0; ; number++)
        {
            WriteNumber(number);
            var before = Stopwatch.GetTimestamp();
            if (before >= _end && number > 0)
                return Complete(before);
            if (channel.Write(message) is < 0 and int error)
                throw ConnectionLost("write", error);
            var have = 0;
            while (have < message.Length)
            {
                var count = channel.Read(channel.PreservesMessages ? _answer : _answer.AsSpan(have, message.Length - have));
                if (count == -EAGAIN)
                    throw NoAnswer();
                if (count <= 0)
                    throw ConnectionLost("read", count);
                have += count;
                if (channel.PreservesMessages)
                    break;
            }
            Verify(have, before);
        }
    }

    /// <summary>Measures through this library's asynchronous calls.</summary>
    public async Task<RoundTripRun> MeasureAsync(UnixStream stream)
    {
        for (long number = 0; ; number++)
        {
            WriteNumber(number);
            var before = Stopwatch.GetTimestamp();
            if (before >= _end && number > 0)
                return Complete(before);
            await stream.WriteAsync(message, cancellationToken);
            await stream.ReadExactlyAsync(_answer.AsMemory(0, message.Length), cancellationToken);
            Verify(message.Length, before);
        }
    }

    private RoundTripRun Complete(long now)
    {
        Rate = _latencies.Count / Stopwatch.GetElapsedTime(_start, now).TotalSeconds;
        return this;
    }

    // Writes the number as digits before the newline, so that servers that read lines answer as well.
    private void WriteNumber(long number)
    {
        for (var i = Math.Min(message.Length - 1, 12); i > 0; i--, number /= 10)
            message[i - 1] = (byte)('0' + (number % 10));
    }

    private void Verify(int length, long before)
    {
        _latencies.Add((long)Stopwatch.GetElapsedTime(before).TotalNanoseconds);
        if (length != message.Length || !_answer.AsSpan(0, length).SequenceEqual(message))
        {
            throw new ToolException(
                $"{Server} does not echo: for {QuotedText.Excerpt(message)} it gave {QuotedText.Excerpt(_answer.AsSpan(0, length))}"
                + (length == message.Length ? "" : $", {length} bytes for {message.Length}"), hint: EchoHint);
        }
        if ((_latencies.Count & 63) == 0)
            cancellationToken.ThrowIfCancellationRequested();
    }

    private ToolException ConnectionLost(string call, int result) => new(result == 0
        ? $"{Server} ended the connection instead of answering"
        : $"{Server} closed the connection: {new UnixSocketException((Errno)(-result), call).Summary}", hint: EchoHint);

    private ToolException NoAnswer() =>
        new($"{Server} did not answer within {Comparison.AnswerTimeout.TotalSeconds:0} s", hint: EchoHint);
}

/// <summary>A histogram of times in steps of 3 %: percentiles of millions of round trips without storing them.</summary>
internal sealed class LatencyHistogram
{
    private const int Bits = 5;
    private const int Steps = 1 << Bits;

    // Linear below the first power of two with that many values, then as many buckets for each power.
    private readonly long[] _counts = new long[(64 - Bits + 1) * Steps];

    public long Count { get; private set; }

    public void Add(long nanoseconds)
    {
        var value = (ulong)Math.Max(0, nanoseconds);
        if (value >= Steps)
        {
            var shift = 63 - BitOperations.LeadingZeroCount(value) - Bits;
            value = ((ulong)shift * Steps) + (value >> shift);
        }
        _counts[value]++;
        Count++;
    }

    /// <summary>Gets the time in nanoseconds that this share of the values does not exceed; 0 when there are none.</summary>
    public double Percentile(double share)
    {
        long seen = 0;
        for (var i = 0; i < _counts.Length; i++)
        {
            seen += _counts[i];
            if (_counts[i] > 0 && seen >= Count * share)
                return i < Steps ? i : (double)((long)((i % Steps) + Steps) << ((i / Steps) - 1));
        }
        return 0;
    }
}
