using System.Buffers.Binary;
using System.Diagnostics;
using Samehost.Tool.Commands;

namespace Samehost.Tool.Benchmarks;

/// <summary>What arrives from a process that sends as much as goes.</summary>
internal sealed class Flow(int size, TimeSpan time, CancellationToken stop)
{
    private readonly byte[] _buffer = new byte[size];
    private readonly long _end = Stopwatch.GetTimestamp() + (long)(time.TotalSeconds * Stopwatch.Frequency);
    private readonly long _start = Stopwatch.GetTimestamp();
    private long _bytes;
    private long _messages;
    private long _first = -1;
    private long _last;

    public double BytesPerSecond { get; private set; }

    /// <summary>Of the messages that were numbered, the share that did not arrive.</summary>
    public double LostShare => _first < 0 ? 0 : 1 - (_messages / (double)(_last - _first + 1));

    public Flow Through(End end)
    {
        while (_bytes == 0 || Stopwatch.GetTimestamp() < _end)
        {
            int count = end.Read(_buffer);
            if (count <= 0)
                throw new ToolException($"the second process stopped sending: {new UnixSocketException((Errno)(-count), "read").Summary}");
            _bytes += count;
            if (!end.KeepsRecords)
                continue;
            _last = BinaryPrimitives.ReadInt64LittleEndian(_buffer);
            _first = _first < 0 ? _last : _first;
            _messages++;
            stop.ThrowIfCancellationRequested();
        }
        return Ended();
    }

    public async Task<Flow> ThroughAsync(UnixStream stream)
    {
        while (_bytes == 0 || Stopwatch.GetTimestamp() < _end)
        {
            int count = await stream.ReadAsync(_buffer, stop);
            _bytes += count > 0 ? count : throw new ToolException("the second process stopped sending");
        }
        return Ended();
    }

    private Flow Ended()
    {
        BytesPerSecond = _bytes / Stopwatch.GetElapsedTime(_start).TotalSeconds;
        return this;
    }
}
