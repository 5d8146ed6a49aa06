using System.Buffers.Binary;
using System.Text;
using Samehost.Framing;

namespace Samehost.Stress.Descriptors;

/// <summary>A client of the frame server that reads its responses.</summary>
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

    /// <exception cref="IOException">The response differs from the request, or the connection has ended.</exception>
    public async Task RequestAsync()
    {
        var request = Encoding.ASCII.GetBytes($"request {_number++}");
        await _stream.WriteAsync(Frame(request));
        var response = await _reader.ReadAsync();
        if (response.IsEnd)
            throw new EndOfStreamException("The connection ended.");
        if (!response.Span.SequenceEqual(request))
            throw new IOException($"The response to '{Encoding.ASCII.GetString(request)}' has {response.Length} bytes that differ.");
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
