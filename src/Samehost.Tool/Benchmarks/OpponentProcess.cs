using System.Buffers.Binary;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Samehost.Tool.Benchmarks;

/// <summary>The other process, from inside: takes ends and works with each on a thread of its own until it is closed.</summary>
internal static class OpponentProcess
{
    /// <summary>A command that is not for users and not in the help.</summary>
    public const string CommandName = "bench-opponent";

    public const int OrderLength = 6;

    public static async Task<int> RunAsync(UnixEndPoint control)
    {
        var accepting = new UnixConnectOptions { AcceptDescriptors = true };
        using UnixSeqpacket orders = await UnixSeqpacket.ConnectAsync(control, accepting);
        byte[] order = new byte[OrderLength];
        while (true)
        {
            using UnixMessage message = await orders.ReceiveAsync(order, DescriptorOptions.Default);
            if (message.IsEnd)
                return 0;
            SafeFileHandle[] handles = [.. Enumerable.Range(0, message.Descriptors.Count).Select(message.Descriptors.Take)];
            var end = new End(handles[0], handles[^1], keepsRecords: order[1] != 0);
            var work = (Work)order[0];
            int size = MemoryMarshal.Read<int>(order.AsSpan(2));
            new Thread(() => Do(work, end, size)) { IsBackground = true }.Start();
        }
    }

    private static void Do(Work work, End end, int size)
    {
        using (end)
        {
            if (work == Work.Echo)
                Echo(end, size);
            else if (work == Work.Send)
                Send(end, size);
            else if (work == Work.EchoByLibrary)
                EchoByLibraryAsync(end, size).Wait();
            else
                SendByLibraryAsync(end, size).Wait();
        }
    }

    private static void Echo(End end, int size)
    {
        byte[] buffer = new byte[Math.Max(size, 65536)];
        while (end.Read(buffer) is > 0 and int count && end.Write(buffer.AsSpan(0, count)) == 0)
        {
        }
    }

    // Each message begins with its number, by which the receiver sees how many it has not got.
    private static void Send(End end, int size)
    {
        byte[] message = new byte[size];
        for (long number = 0; ; number++)
        {
            BinaryPrimitives.WriteInt64LittleEndian(message, number);
            if (end.Write(message) != 0)
                return;
        }
    }

    private static async Task EchoByLibraryAsync(End end, int size)
    {
        byte[] buffer = new byte[Math.Max(size, 65536)];
        await using UnixStream stream = UnixStream.FromDescriptor(end.Handle);
        try
        {
            while (await stream.ReadAsync(buffer) is > 0 and int count)
                await stream.WriteAsync(buffer.AsMemory(0, count));
        }
        catch (IOException)
        {
            // Closed: the measurement is over.
        }
    }

    private static async Task SendByLibraryAsync(End end, int size)
    {
        byte[] message = new byte[size];
        await using UnixStream stream = UnixStream.FromDescriptor(end.Handle);
        try
        {
            while (true)
                await stream.WriteAsync(message);
        }
        catch (IOException)
        {
            // Closed: the measurement is over.
        }
    }
}
