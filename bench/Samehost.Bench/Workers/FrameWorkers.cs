using System.Buffers;
using System.Buffers.Binary;
using System.IO.Pipelines;
using System.Net.Sockets;
using Samehost.Framing;

namespace Samehost.Bench.Workers;

/// <summary>Senders and receivers of framed messages.</summary>
internal static class FrameWorkers
{
    private const int PrefixLength = sizeof(int);
    private const int BufferSize = 65536;

    public static async Task ReceiveSamehost(string[] arguments)
    {
        using var listener = UnixListener.Listen(UnixEndPoint.FromPath(arguments[0]));
        Worker.ReportReady();
        await using var client = await listener.AcceptAsync();
        await using var reader = new FrameReader(client);
        var count = new MessageCounter(arguments[1], arguments[2]);
        while (!count.IsOver() && await reader.WaitToReadAsync())
            TakeAll(reader, count);
    }

    public static async Task SendSamehost(string[] arguments)
    {
        await using var server = await UnixStream.ConnectAsync(UnixEndPoint.FromPath(arguments[0]));
        await using var writer = new FrameWriter(server);
        for (long number = 0; ;)
        {
            number = Fill(writer, number);
            await writer.FlushAsync();
        }
    }

    private static void TakeAll(FrameReader reader, MessageCounter count)
    {
        while (reader.TryRead(out var frame))
            count.Take(frame.Span);
    }

    private static long Fill(FrameWriter writer, long number)
    {
        Span<byte> message = stackalloc byte[MessageCounter.MessageLength];
        message.Clear();
        while (true)
        {
            BinaryPrimitives.WriteInt64LittleEndian(message, number);
            if (!writer.TryWrite(message))
                return number;
            number++;
        }
    }

    public static async Task ReceivePipelines(string[] arguments)
    {
        using var listener = LocalSocket.Listen(arguments[0], 1);
        Worker.ReportReady();
        await using var client = new NetworkStream(await listener.AcceptAsync(), ownsSocket: true);
        var reader = PipeReader.Create(client, new StreamPipeReaderOptions(bufferSize: BufferSize));
        var count = new MessageCounter(arguments[1], arguments[2]);
        while (!count.IsOver())
        {
            var result = await reader.ReadAsync();
            reader.AdvanceTo(TakeAll(result.Buffer, count), result.Buffer.End);
        }
    }

    public static async Task SendPipelines(string[] arguments)
    {
        await using var server = new NetworkStream(LocalSocket.Connect(arguments[0]), ownsSocket: true);
        var writer = PipeWriter.Create(server, new StreamPipeWriterOptions(minimumBufferSize: BufferSize));
        for (long number = 0; ; number++)
        {
            Write(writer, number);
            if (writer.UnflushedBytes >= BufferSize - PrefixLength - MessageCounter.MessageLength)
                await writer.FlushAsync();
        }
    }

    private static void Write(PipeWriter writer, long number)
    {
        var frame = writer.GetSpan(PrefixLength + MessageCounter.MessageLength)[..(PrefixLength + MessageCounter.MessageLength)];
        frame.Clear();
        BinaryPrimitives.WriteInt32LittleEndian(frame, MessageCounter.MessageLength);
        BinaryPrimitives.WriteInt64LittleEndian(frame[PrefixLength..], number);
        writer.Advance(frame.Length);
    }

    private static SequencePosition TakeAll(ReadOnlySequence<byte> buffer, MessageCounter count)
    {
        var reader = new SequenceReader<byte>(buffer);
        Span<byte> message = stackalloc byte[MessageCounter.MessageLength];
        while (reader.TryReadLittleEndian(out int length))
        {
            if (reader.Remaining < length)
            {
                reader.Rewind(PrefixLength);
                break;
            }

            reader.TryCopyTo(message);
            reader.Advance(length);
            count.Take(message);
        }

        return reader.Position;
    }
}
