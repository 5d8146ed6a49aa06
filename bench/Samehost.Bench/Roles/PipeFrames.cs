using System.Buffers;
using System.Buffers.Binary;
using System.IO.Pipelines;
using System.Net.Sockets;

namespace Samehost.Bench.Roles;

/// <summary>Messages one way as one frames them with System.IO.Pipelines over System.Net.Sockets.</summary>
internal static class PipeFrames
{
    private const int Prefix = sizeof(int);
    private const int Gather = 65536;

    public static async Task Receive(string[] arguments)
    {
        using Socket listener = LocalSocket.Listen(arguments[0], 1);
        Roles.SayReady();
        await using var client = new NetworkStream(await listener.AcceptAsync(), ownsSocket: true);
        var reader = PipeReader.Create(client, new StreamPipeReaderOptions(bufferSize: Gather));
        var count = new MessageCount(arguments[1], arguments[2]);
        while (!count.IsOver())
        {
            ReadResult result = await reader.ReadAsync();
            reader.AdvanceTo(TakeAll(result.Buffer, count), result.Buffer.End);
        }
    }

    public static async Task Send(string[] arguments)
    {
        await using var server = new NetworkStream(LocalSocket.Connect(arguments[0]), ownsSocket: true);
        var writer = PipeWriter.Create(server, new StreamPipeWriterOptions(minimumBufferSize: Gather));
        for (long number = 0; ; number++)
        {
            Write(writer, number);
            if (writer.UnflushedBytes >= Gather - Prefix - MessageCount.MessageLength)
                await writer.FlushAsync();
        }
    }

    private static void Write(PipeWriter writer, long number)
    {
        Span<byte> frame = writer.GetSpan(Prefix + MessageCount.MessageLength)[..(Prefix + MessageCount.MessageLength)];
        frame.Clear();
        BinaryPrimitives.WriteInt32LittleEndian(frame, MessageCount.MessageLength);
        BinaryPrimitives.WriteInt64LittleEndian(frame[Prefix..], number);
        writer.Advance(frame.Length);
    }

    private static SequencePosition TakeAll(ReadOnlySequence<byte> buffer, MessageCount count)
    {
        var reader = new SequenceReader<byte>(buffer);
        Span<byte> message = stackalloc byte[MessageCount.MessageLength];
        while (reader.TryReadLittleEndian(out int length))
        {
            if (reader.Remaining < length)
            {
                reader.Rewind(Prefix);
                break;
            }

            reader.TryCopyTo(message);
            reader.Advance(length);
            count.Take(message);
        }

        return reader.Position;
    }
}
