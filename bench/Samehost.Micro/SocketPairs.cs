using BenchmarkDotNet.Attributes;

namespace Samehost.Micro;

/// <summary>64 bytes through a socket pair of this process: two system calls and the overhead of the library.</summary>
public class SocketPairs
{
    private readonly byte[] _message = new byte[64];
    private (UnixStream One, UnixStream Other) _streams;
    private (UnixDatagram One, UnixDatagram Other) _datagrams;
    private (UnixSeqpacket One, UnixSeqpacket Other) _seqpackets;

    [GlobalSetup]
    public void Open()
    {
        _streams = UnixStream.CreatePair();
        _datagrams = UnixDatagram.CreatePair();
        _seqpackets = UnixSeqpacket.CreatePair();
    }

    [GlobalCleanup]
    public void Close()
    {
        _streams.One.Dispose();
        _streams.Other.Dispose();
        _datagrams.One.Dispose();
        _datagrams.Other.Dispose();
        _seqpackets.One.Dispose();
        _seqpackets.Other.Dispose();
    }

    [Benchmark]
    public int StreamWriteAndRead()
    {
        _streams.One.Write(_message);
        return _streams.Other.Read(_message);
    }

    [Benchmark]
    public async ValueTask<int> StreamWriteAsyncAndReadAsync()
    {
        await _streams.One.WriteAsync(_message);
        return await _streams.Other.ReadAsync(_message);
    }

    [Benchmark]
    public int DatagramSendAndReceive()
    {
        _datagrams.One.Send(_message);
        return _datagrams.Other.Receive(_message).Count;
    }

    [Benchmark]
    public int SeqpacketSendAndReceive()
    {
        _seqpackets.One.Send(_message);
        using var message = _seqpackets.Other.Receive(_message);
        return message.Count;
    }
}
