using System.Buffers.Binary;

namespace Samehost.Bench.Roles;

/// <summary>Datagrams one way with the asynchronous calls of Samehost, in batches and one by one.</summary>
internal static class SamehostDatagrams
{
    private const int BatchSize = 64;

    public static async Task ReceiveBatches(string[] arguments)
    {
        await using var socket = UnixDatagram.Bind(UnixEndPoint.FromPath(arguments[0]));
        Roles.SayReady();
        var batch = new UnixDatagramBatch(BatchSize, MessageCount.MessageLength);
        var count = new MessageCount(arguments[1], arguments[2]);
        while (!count.IsOver())
        {
            await socket.ReceiveBatchAsync(batch);
            for (int i = 0; i < batch.Count; i++)
                count.Take(batch[i].Span);
        }
    }

    public static async Task SendBatches(string[] arguments)
    {
        await using var socket = UnixDatagram.Create();
        socket.Connect(UnixEndPoint.FromPath(arguments[0]));
        var batch = new UnixDatagramBatch(BatchSize, MessageCount.MessageLength);
        for (long number = 0; ;)
        {
            batch.Clear();
            number = Fill(batch, number);
            await socket.SendBatchAsync(batch);
        }
    }

    public static async Task ReceiveEach(string[] arguments)
    {
        await using var socket = UnixDatagram.Bind(UnixEndPoint.FromPath(arguments[0]));
        Roles.SayReady();
        byte[] buffer = new byte[MessageCount.MessageLength];
        var count = new MessageCount(arguments[1], arguments[2]);
        while (!count.IsOver())
        {
            UnixDatagramReceiveResult received = await socket.ReceiveAsync(buffer);
            count.Take(buffer.AsSpan(0, received.Count));
        }
    }

    public static async Task SendEach(string[] arguments)
    {
        await using var socket = UnixDatagram.Create();
        socket.Connect(UnixEndPoint.FromPath(arguments[0]));
        byte[] message = new byte[MessageCount.MessageLength];
        for (long number = 0; ; number++)
        {
            BinaryPrimitives.WriteInt64LittleEndian(message, number);
            await socket.SendAsync(message);
        }
    }

    private static long Fill(UnixDatagramBatch batch, long number)
    {
        Span<byte> message = stackalloc byte[MessageCount.MessageLength];
        message.Clear();
        BinaryPrimitives.WriteInt64LittleEndian(message, number);
        while (batch.TryAdd(message))
            BinaryPrimitives.WriteInt64LittleEndian(message, ++number);
        return number;
    }
}
