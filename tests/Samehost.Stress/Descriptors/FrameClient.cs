using System.Buffers.Binary;
using System.Text;
using Samehost.Framing;

namespace Samehost.Stress.Descriptors;

/// <summary>A client of the frame server that reads its answers.</summary>
internal sealed class FrameClient : IAsyncDisposable, IDisposable
{
    private readonly UnixStream _stream;
    private readonly FrameReader _reader;
    private int _number;

    private FrameClient(UnixStream stream)
    {
        _stream = stream;
        _reader = new FrameReader(stream);
    }

    public static async Task<FrameClient> ConnectAsync(UnixEndPoint address) =>
        new(await UnixStream.ConnectAsync(address, new UnixConnectOptions { ServerTimeout = TimeSpan.FromSeconds(10) }));

    /// <exception cref="IOException">The answer is not what was sent, or the connection has ended.</exception>
    public async Task AskAsync()
    {
        var question = Encoding.ASCII.GetBytes($"question {_number++}");
        await _stream.WriteAsync(Frame(question));
        var answer = await _reader.ReadAsync();
        if (answer.IsEnd)
            throw new EndOfStreamException("The connection ended.");
        if (!answer.Span.SequenceEqual(question))
            throw new IOException($"The answer to '{Encoding.ASCII.GetString(question)}' has {answer.Length} bytes that differ.");
    }

    public static byte[] Frame(ReadOnlySpan<byte> payload)
    {
        var frame = new byte[4 + payload.Length];
        BinaryPrimitives.WriteInt32LittleEndian(frame, payload.Length);
        payload.CopyTo(frame.AsSpan(4));
        return frame;
    }

    public void Dispose()
    {
        _reader.Dispose();
        _stream.Dispose();
    }

    public ValueTask DisposeAsync()
    {
        Dispose();
        return ValueTask.CompletedTask;
    }
}
