using BenchmarkDotNet.Attributes;
using Samehost.Framing;

namespace Samehost.Micro;

/// <summary>Frames and lines through a socket pair of this process, buffered in one write; the figures are per message.</summary>
public class Frames
{
    private const int MessagesPerWrite = 256;
    private readonly byte[] _message = new byte[64];
    private FrameWriter _writer = null!;
    private FrameReader _reader = null!;
    private LineWriter _lineWriter = null!;
    private LineReader _lineReader = null!;

    [GlobalSetup]
    public void Open()
    {
        var (one, other) = UnixStream.CreatePair();
        (_writer, _reader) = (new(one), new(other));
        var (first, second) = UnixStream.CreatePair();
        (_lineWriter, _lineReader) = (new(first), new(second));
        _message.AsSpan().Fill((byte)'x');
    }

    [GlobalCleanup]
    public void Close()
    {
        _writer.Dispose();
        _reader.Dispose();
        _lineWriter.Dispose();
        _lineReader.Dispose();
    }

    [Benchmark(OperationsPerInvoke = MessagesPerWrite)]
    public int WriteAndReadFrames()
    {
        for (var i = 0; i < MessagesPerWrite; i++)
            _writer.Write(_message);
        _writer.Flush();
        var bytes = 0;
        for (var i = 0; i < MessagesPerWrite; i++)
            bytes += _reader.Read().Length;
        return bytes;
    }

    [Benchmark(OperationsPerInvoke = MessagesPerWrite)]
    public int WriteAndReadLines()
    {
        for (var i = 0; i < MessagesPerWrite; i++)
            _lineWriter.Write(_message);
        _lineWriter.Flush();
        var bytes = 0;
        for (var i = 0; i < MessagesPerWrite; i++)
            bytes += _lineReader.Read().Length;
        return bytes;
    }
}
