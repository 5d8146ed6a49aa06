using System.Buffers.Binary;
using System.Diagnostics;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;
using Samehost.Measuring.Interop;
using Samehost.Measuring;
using Samehost.Tool.Cli;
using Samehost.Tool.Processes;

namespace Samehost.Tool.Bench;

/// <summary>
/// The other process, as this one sees it: the same program again, which is given one end of each transport and told what to do with
/// it. It ends when this process does, however that ends.
/// </summary>
internal sealed class WorkerProcess : IDisposable
{
    private readonly Process _process;
    private readonly UnixSeqpacket _control;

    private WorkerProcess(Process process, UnixSeqpacket control) => (_process, _control) = (process, control);

    /// <summary>Starts it on a CPU, or anywhere.</summary>
    public static async Task<WorkerProcess> StartAsync(TempWorkspace workspace, int? cpu, CancellationToken stop)
    {
        UnixEndPoint control = UnixEndPoint.FromPath(workspace.PathOf("bench.sock"));
        await using var listener = UnixSeqpacketListener.Listen(control);
        Process process = Launch(control.Path!, cpu);
        try
        {
            using var ended = CancellationTokenSource.CreateLinkedTokenSource(stop);
            _ = process.WaitForExitAsync(ended.Token).ContinueWith(_ => ended.Cancel(), TaskContinuationOptions.OnlyOnRanToCompletion);
            UnixSeqpacket connection = await listener.AcceptAsync(ended.Token);
            await ended.CancelAsync();
            return new(process, connection);
        }
        catch (OperationCanceledException) when (!stop.IsCancellationRequested)
        {
            throw new ToolException($"the second process ended at once, with status {process.ExitCode}");
        }
        catch
        {
            End(process);
            throw;
        }
    }

    /// <summary>Gives it an channel, which is closed here, and its work.</summary>
    public void Give(BlockingChannel channel, WorkerTask task, int size)
    {
        Span<byte> order = stackalloc byte[WorkerMain.OrderLength];
        order[0] = (byte)task;
        order[1] = channel.KeepsRecords ? (byte)1 : (byte)0;
        MemoryMarshal.Write(order[2..], size);
        _control.Send(order, channel.Handles);
        foreach (SafeHandle handle in channel.Handles)
            handle.Dispose();
    }

    /// <summary>Whether it has ended by itself; what it leaves is seen a moment before its end is.</summary>
    public bool HasEnded(out int status)
    {
        bool ended = _process.WaitForExit(TimeSpan.FromMilliseconds(200));
        status = ended ? _process.ExitCode : 0;
        return ended;
    }

    public void Dispose()
    {
        _control.Dispose();
        End(_process);
    }

    private static void End(Process process)
    {
        process.Kill();
        process.WaitForExit();
        process.Dispose();
    }

    private static Process Launch(string control, int? cpu)
    {
        // Started as an assembly, the program is the runtime's; the assembly is then the first argument.
        string self = Environment.ProcessPath ?? throw new ToolException("the path of this program is unknown");
        string[] assembly = Path.GetFileNameWithoutExtension(self) == "dotnet" ? [Environment.GetCommandLineArgs()[0]] : [];
        int[] before = CpuAffinity.Get();
        try
        {
            if (cpu is int only)
                CpuAffinity.Set(only);
            return ChildStart.Start(new ProcessStartInfo(self, [.. assembly, WorkerMain.CommandName, control]));
        }
        finally
        {
            CpuAffinity.Set(before);
        }
    }
}

/// <summary>What the other process does with an end that it is given.</summary>
internal enum WorkerTask : byte
{
    /// <summary>Sends back what comes.</summary>
    Echo = 1,

    /// <summary>The same through this library's asynchronous calls.</summary>
    EchoByLibrary = 2,

    /// <summary>Sends as much as goes.</summary>
    Send = 3,

    /// <summary>The same through this library's asynchronous calls.</summary>
    SendByLibrary = 4,
}

/// <summary>The other process, from inside: takes ends and works with each on a thread of its own until it is closed.</summary>
internal static class WorkerMain
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
            var channel = new BlockingChannel(handles[0], handles[^1], keepsRecords: order[1] != 0);
            var task = (WorkerTask)order[0];
            int size = MemoryMarshal.Read<int>(order.AsSpan(2));
            new Thread(() => Do(task, channel, size)) { IsBackground = true }.Start();
        }
    }

    private static void Do(WorkerTask task, BlockingChannel channel, int size)
    {
        using (channel)
        {
            if (task == WorkerTask.Echo)
                Echo(channel, size);
            else if (task == WorkerTask.Send)
                Send(channel, size);
            else if (task == WorkerTask.EchoByLibrary)
                EchoByLibraryAsync(channel, size).Wait();
            else
                SendByLibraryAsync(channel, size).Wait();
        }
    }

    private static void Echo(BlockingChannel channel, int size)
    {
        byte[] buffer = new byte[Math.Max(size, 65536)];
        while (channel.Read(buffer) is > 0 and int count && channel.Write(buffer.AsSpan(0, count)) == 0)
        {
        }
    }

    // Each message begins with its number, by which the receiver sees how many it has not got.
    private static void Send(BlockingChannel channel, int size)
    {
        byte[] message = new byte[size];
        for (long number = 0; ; number++)
        {
            BinaryPrimitives.WriteInt64LittleEndian(message, number);
            if (channel.Write(message) != 0)
                return;
        }
    }

    private static async Task EchoByLibraryAsync(BlockingChannel channel, int size)
    {
        byte[] buffer = new byte[Math.Max(size, 65536)];
        await using UnixStream stream = UnixStream.FromDescriptor(channel.Handle);
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

    private static async Task SendByLibraryAsync(BlockingChannel channel, int size)
    {
        byte[] message = new byte[size];
        await using UnixStream stream = UnixStream.FromDescriptor(channel.Handle);
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
