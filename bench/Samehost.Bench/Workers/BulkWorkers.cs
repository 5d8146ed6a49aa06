using System.Globalization;
using Samehost.Bench.Measuring;

namespace Samehost.Bench.Workers;

/// <summary>Senders and receivers of bytes in writes of one size. Byte n of the stream is n modulo 251.</summary>
internal static class BulkWorkers
{
    private const int Period = 251;

    public static async Task ReceiveSamehost(string[] arguments)
    {
        var buffer = new byte[int.Parse(arguments[0], CultureInfo.InvariantCulture)];
        using var listener = UnixListener.Listen(UnixEndPoint.FromPath(arguments[1]));
        Worker.ReportReady();
        await using var client = await listener.AcceptAsync();
        var count = new MessageCounter(arguments[2], arguments[3]);
        for (long received = 0; !count.IsOver();)
            received = Check(buffer, received, await client.ReadAsync(buffer), count);
    }

    public static async Task SendSamehost(string[] arguments)
    {
        var (bytes, size) = Pattern(arguments);
        await using var server = await UnixStream.ConnectAsync(UnixEndPoint.FromPath(arguments[1]));
        for (long sent = 0; ; sent += size)
            await server.WriteAsync(bytes.AsMemory((int)(sent % Period), size));
    }

    public static async Task ReceiveSockets(string[] arguments)
    {
        var buffer = new byte[int.Parse(arguments[0], CultureInfo.InvariantCulture)];
        using var listener = LocalSocket.Listen(arguments[1], 1);
        Worker.ReportReady();
        using var client = await listener.AcceptAsync();
        var count = new MessageCounter(arguments[2], arguments[3]);
        for (long received = 0; !count.IsOver();)
            received = Check(buffer, received, await client.ReceiveAsync(buffer.AsMemory()), count);
    }

    public static async Task SendSockets(string[] arguments)
    {
        var (bytes, size) = Pattern(arguments);
        using var server = LocalSocket.Connect(arguments[1]);
        for (long sent = 0; ;)
            sent += await server.SendAsync(bytes.AsMemory((int)(sent % Period), size));
    }

    private static (byte[] Bytes, int Size) Pattern(string[] arguments)
    {
        var size = int.Parse(arguments[0], CultureInfo.InvariantCulture);
        return ([.. Enumerable.Range(0, size + Period).Select(i => (byte)(i % Period))], size);
    }

    private static long Check(byte[] buffer, long received, int count, MessageCounter messages)
    {
        if (count == 0)
            throw new EndOfStreamException();
        if (buffer[0] != received % Period || buffer[count - 1] != (received + count - 1) % Period)
            throw new BenchException("the bytes are not those that were sent");
        messages.Add(count);
        return received + count;
    }
}
