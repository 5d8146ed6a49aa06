using System.Buffers.Binary;

namespace Samehost.Bench.Roles;

/// <summary>Messages one way with the framing of Samehost.</summary>
internal static class SamehostFrames
{
    public static async Task Receive(string[] arguments)
    {
        using var listener = UnixListener.Listen(UnixEndPoint.FromPath(arguments[0]));
        Roles.SayReady();
        await using UnixStream client = await listener.AcceptAsync();
        await using var reader = new FrameReader(client);
        var count = new MessageCount(arguments[1], arguments[2]);
        while (!count.IsOver() && await reader.WaitToReadAsync())
            TakeAll(reader, count);
    }

    public static async Task Send(string[] arguments)
    {
        await using UnixStream server = await UnixStream.ConnectAsync(UnixEndPoint.FromPath(arguments[0]));
        await using var writer = new FrameWriter(server);
        for (long number = 0; ;)
        {
            number = Fill(writer, number);
            await writer.FlushAsync();
        }
    }

    private static void TakeAll(FrameReader reader, MessageCount count)
    {
        while (reader.TryRead(out Frame frame))
            count.Take(frame.Span);
    }

    private static long Fill(FrameWriter writer, long number)
    {
        Span<byte> message = stackalloc byte[MessageCount.MessageLength];
        message.Clear();
        while (true)
        {
            BinaryPrimitives.WriteInt64LittleEndian(message, number);
            if (!writer.TryWrite(message))
                return number;
            number++;
        }
    }
}
