using System.Buffers.Binary;
using System.Globalization;

namespace Samehost.TestPeer;

/// <summary>
/// <c>send-datagrams PATH --count N --connected yes|no --blocking yes|no</c>: sends numbered datagrams, and prints for each line of input
/// how many it has sent and the processor time of this process in microseconds.
/// </summary>
internal static class SendDatagrams
{
    private static int _sent;

    public static void Run(PeerArguments arguments)
    {
        var count = int.Parse(arguments.Option("--count")!, CultureInfo.InvariantCulture);
        using var socket = UnixDatagram.Create();
        var connected = arguments.Option("--connected") == "yes";
        if (connected)
            socket.Connect(arguments.Path);
        var remote = connected ? null : arguments.Path;
        if (arguments.Option("--blocking") == "yes")
            new Thread(() => SendBlocking(socket, remote, count)) { IsBackground = true }.Start();
        else
            _ = Task.Run(() => SendAsync(socket, remote, count));

        Console.WriteLine("ready");
        while (Console.ReadLine() is not null)
        {
            var used = (long)Environment.CpuUsage.TotalTime.TotalMicroseconds;
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{Volatile.Read(ref _sent)} {used}"));
        }
    }

    private static void SendBlocking(UnixDatagram socket, UnixEndPoint? remote, int count)
    {
        for (var i = 0; i < count; i++)
        {
            if (remote is null)
                socket.Send(Datagram(i));
            else
                socket.SendTo(Datagram(i), remote);
            Volatile.Write(ref _sent, i + 1);
        }
    }

    private static async Task SendAsync(UnixDatagram socket, UnixEndPoint? remote, int count)
    {
        for (var i = 0; i < count; i++)
        {
            if (remote is null)
                await socket.SendAsync(Datagram(i));
            else
                await socket.SendToAsync(Datagram(i), remote);
            Volatile.Write(ref _sent, i + 1);
        }
    }

    private static byte[] Datagram(int number)
    {
        var bytes = new byte[sizeof(int)];
        BinaryPrimitives.WriteInt32LittleEndian(bytes, number);
        return bytes;
    }
}
