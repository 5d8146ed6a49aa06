using System.Buffers.Binary;
using System.Diagnostics;
using Samehost.Tool.Cli;

namespace Samehost.Tool.Bench;

/// <summary>Measures the throughput of a process that sends as fast as it can.</summary>
internal sealed class ThroughputRun(int size, TimeSpan time, CancellationToken cancellationToken)
{
    private readonly byte[] _buffer = new byte[size];
    private readonly long _end = Stopwatch.GetTimestamp() + (long)(time.TotalSeconds * Stopwatch.Frequency);
    private readonly long _start = Stopwatch.GetTimestamp();
    private long _bytes;
    private long _messages;
    private long _first = -1;
    private long _last;

    public double BytesPerSecond { get; private set; }

    /// <summary>The share of numbered messages that did not arrive.</summary>
    public double LostShare => _first < 0 ? 0 : 1 - (_messages / (double)(_last - _first + 1));

    public ThroughputRun Measure(BlockingChannel channel)
    {
        while (_bytes == 0 || Stopwatch.GetTimestamp() < _end)
        {
            var count = channel.Read(_buffer);
            if (count <= 0)
                throw new ToolException($"the second process stopped sending: {new UnixSocketException((Errno)(-count), "read").Summary}");
            _bytes += count;
            if (!channel.PreservesMessages)
                continue;
            _last = BinaryPrimitives.ReadInt64LittleEndian(_buffer);
            _first = _first < 0 ? _last : _first;
            _messages++;
            cancellationToken.ThrowIfCancellationRequested();
        }
        return Complete();
    }

    public async Task<ThroughputRun> MeasureAsync(UnixStream stream)
    {
        while (_bytes == 0 || Stopwatch.GetTimestamp() < _end)
        {
            var count = await stream.ReadAsync(_buffer, cancellationToken);
            _bytes += count > 0 ? count : throw new ToolException("the second process stopped sending");
        }
        return Complete();
    }

    private ThroughputRun Complete()
    {
        BytesPerSecond = _bytes / Stopwatch.GetElapsedTime(_start).TotalSeconds;
        return this;
    }
}
