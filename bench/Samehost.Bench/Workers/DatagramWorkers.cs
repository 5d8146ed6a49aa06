using System.Buffers.Binary;
using System.Net.Sockets;

namespace Samehost.Bench.Workers;

/// <summary>Senders and receivers of datagrams, one by one and in batches.</summary>
internal static class DatagramWorkers
{
    private const int BatchSize = 64;

    public static Task ReceiveSamehostSync(string[] arguments)
    {
        using var socket = UnixDatagram.Bind(UnixEndPoint.FromPath(arguments[0]));
        Worker.ReportReady();
        var buffer = new byte[MessageCounter.MessageLength];
        var count = new MessageCounter(arguments[1], arguments[2]);
        while (!count.IsOver())
            count.Take(buffer.AsSpan(0, socket.Receive(buffer).Count));
        return Task.CompletedTask;
    }

    public static Task SendSamehostSync(string[] arguments)
    {
        using var socket = UnixDatagram.Create();
        socket.Connect(UnixEndPoint.FromPath(arguments[0]));
        var message = new byte[MessageCounter.MessageLength];
        for (long number = 0; ; number++)
        {
            BinaryPrimitives.WriteInt64LittleEndian(message, number);
            socket.Send(message);
        }
    }

    public static async Task ReceiveSamehostBatches(string[] arguments)
    {
        await using var socket = UnixDatagram.Bind(UnixEndPoint.FromPath(arguments[0]));
        Worker.ReportReady();
        var batch = new UnixDatagramBatch(BatchSize, MessageCounter.MessageLength);
        var count = new MessageCounter(arguments[1], arguments[2]);
        while (!count.IsOver())
        {
            await socket.ReceiveBatchAsync(batch);
            for (var i = 0; i < batch.Count; i++)
                count.Take(batch[i].Span);
        }
    }

    public static async Task SendSamehostBatches(string[] arguments)
    {
        await using var socket = UnixDatagram.Create();
        socket.Connect(UnixEndPoint.FromPath(arguments[0]));
        var batch = new UnixDatagramBatch(BatchSize, MessageCounter.MessageLength);
        for (long number = 0; ;)
        {
            batch.Clear();
            number = Fill(batch, number);
            await socket.SendBatchAsync(batch);
        }
    }

    public static async Task ReceiveSamehostAsync(string[] arguments)
    {
        await using var socket = UnixDatagram.Bind(UnixEndPoint.FromPath(arguments[0]));
        Worker.ReportReady();
        var buffer = new byte[MessageCounter.MessageLength];
        var count = new MessageCounter(arguments[1], arguments[2]);
        while (!count.IsOver())
        {
            var received = await socket.ReceiveAsync(buffer);
            count.Take(buffer.AsSpan(0, received.Count));
        }
    }

    public static async Task SendSamehostAsync(string[] arguments)
    {
        await using var socket = UnixDatagram.Create();
        socket.Connect(UnixEndPoint.FromPath(arguments[0]));
        var message = new byte[MessageCounter.MessageLength];
        for (long number = 0; ; number++)
        {
            BinaryPrimitives.WriteInt64LittleEndian(message, number);
            await socket.SendAsync(message);
        }
    }

    private static long Fill(UnixDatagramBatch batch, long number)
    {
        Span<byte> message = stackalloc byte[MessageCounter.MessageLength];
        message.Clear();
        BinaryPrimitives.WriteInt64LittleEndian(message, number);
        while (batch.TryAdd(message))
            BinaryPrimitives.WriteInt64LittleEndian(message, ++number);
        return number;
    }

    public static async Task ReceiveSockets(string[] arguments)
    {
        using var socket = new Socket(AddressFamily.Unix, SocketType.Dgram, ProtocolType.Unspecified);
        socket.Bind(new UnixDomainSocketEndPoint(arguments[0]));
        Worker.ReportReady();
        var buffer = new byte[MessageCounter.MessageLength];
        var anySender = new UnixDomainSocketEndPoint("/");
        var count = new MessageCounter(arguments[1], arguments[2]);
        while (!count.IsOver())
        {
            var received = await socket.ReceiveFromAsync(buffer, anySender);
            count.Take(buffer.AsSpan(0, received.ReceivedBytes));
        }
    }

    public static async Task SendSockets(string[] arguments)
    {
        using var socket = new Socket(AddressFamily.Unix, SocketType.Dgram, ProtocolType.Unspecified);
        await socket.ConnectAsync(new UnixDomainSocketEndPoint(arguments[0]));
        var message = new byte[MessageCounter.MessageLength];
        for (long number = 0; ; number++)
        {
            BinaryPrimitives.WriteInt64LittleEndian(message, number);
            await socket.SendAsync(message);
        }
    }
}
