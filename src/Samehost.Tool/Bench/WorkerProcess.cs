using System.Buffers.Binary;
using System.Diagnostics;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;
using Samehost.Measuring;
using Samehost.Tool.Cli;
using Samehost.Tool.Processes;

namespace Samehost.Tool.Bench;

/// <summary>
/// The second process of a benchmark: the same program again, which gets one end of each transport and a task. It ends with this process,
/// however that ends.
/// </summary>
internal sealed class WorkerProcess : IDisposable
{
    private readonly Process _process;
    private readonly UnixSeqpacket _control;

    private WorkerProcess(Process process, UnixSeqpacket control) => (_process, _control) = (process, control);

    /// <summary>Starts it, pinned to a CPU if one is given.</summary>
    public static async Task<WorkerProcess> StartAsync(TempWorkspace workspace, int? cpu, CancellationToken cancellationToken)
    {
        var control = UnixEndPoint.FromPath(workspace.PathOf("bench.sock"));
        await using var listener = UnixSeqpacketListener.Listen(control);
        var process = Launch(control.Path!, cpu);
        try
        {
            using var ended = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
            _ = process.WaitForExitAsync(ended.Token).ContinueWith(_ => ended.Cancel(), TaskContinuationOptions.OnlyOnRanToCompletion);
            var connection = await listener.AcceptAsync(ended.Token);
            await ended.CancelAsync();
            return new(process, connection);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw new ToolException($"the second process ended at once, with status {process.ExitCode}");
        }
        catch
        {
            Kill(process);
            throw;
        }
    }

    /// <summary>Sends it a channel, which is closed here, and a task.</summary>
    public void Assign(BlockingChannel channel, WorkerTask task, int size)
    {
        Span<byte> request = stackalloc byte[WorkerMain.RequestLength];
        request[0] = (byte)task;
        request[1] = channel.PreservesMessages ? (byte)1 : (byte)0;
        MemoryMarshal.Write(request[2..], size);
        _control.Send(request, channel.Handles);
        foreach (var handle in channel.Handles)
            handle.Dispose();
    }

    /// <summary>Gets whether it has ended by itself; waits for a moment, because its sockets close before it can be reaped.</summary>
    public bool HasEnded(out int status)
    {
        var ended = _process.WaitForExit(TimeSpan.FromMilliseconds(200));
        status = ended ? _process.ExitCode : 0;
        return ended;
    }

    public void Dispose()
    {
        _control.Dispose();
        Kill(_process);
    }

    private static void Kill(Process process)
    {
        process.Kill();
        process.WaitForExit();
        process.Dispose();
    }

    private static Process Launch(string control, int? cpu)
    {
        var self = ChildStart.GetOwnCommand();
        return ChildStart.Start(new ProcessStartInfo(self[0], [.. self[1..], WorkerMain.CommandName, control]), cpu);
    }
}

/// <summary>The task of the worker process on a channel.</summary>
internal enum WorkerTask : byte
{
    /// <summary>Sends everything back.</summary>
    Echo = 1,

    /// <summary>The same through this library's asynchronous calls.</summary>
    EchoByLibrary = 2,

    /// <summary>Sends as fast as possible.</summary>
    Send = 3,

    /// <summary>The same through this library's asynchronous calls.</summary>
    SendByLibrary = 4,
}

/// <summary>The worker process: receives channels and works on each on a thread of its own until it is closed.</summary>
internal static class WorkerMain
{
    /// <summary>The name of its hidden command.</summary>
    public const string CommandName = "bench-worker";

    public const int RequestLength = 6;

    public static async Task<int> RunAsync(UnixEndPoint control)
    {
        var accepting = new UnixConnectOptions { AcceptDescriptors = true };
        using var requests = await UnixSeqpacket.ConnectAsync(control, accepting);
        var request = new byte[RequestLength];
        while (true)
        {
            using var message = await requests.ReceiveAsync(request, DescriptorOptions.Default);
            if (message.IsEnd)
                return 0;
            SafeFileHandle[] handles = [.. Enumerable.Range(0, message.Descriptors.Count).Select(message.Descriptors.Take)];
            var channel = new BlockingChannel(handles[0], handles[^1], preservesMessages: request[1] != 0);
            var task = (WorkerTask)request[0];
            var size = MemoryMarshal.Read<int>(request.AsSpan(2));
            new Thread(() => Run(task, channel, size)) { IsBackground = true }.Start();
        }
    }

    private static void Run(WorkerTask task, BlockingChannel channel, int size)
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
        var buffer = new byte[Math.Max(size, 65536)];
        while (channel.Read(buffer) is > 0 and int count && channel.Write(buffer.AsSpan(0, count)) == 0)
        {
        }
    }

    // Each message begins with its number, from which the receiver computes the loss.
    private static void Send(BlockingChannel channel, int size)
    {
        var message = new byte[size];
        for (long number = 0; ; number++)
        {
            BinaryPrimitives.WriteInt64LittleEndian(message, number);
            if (channel.Write(message) != 0)
                return;
        }
    }

    private static async Task EchoByLibraryAsync(BlockingChannel channel, int size)
    {
        var buffer = new byte[Math.Max(size, 65536)];
        await using var stream = UnixStream.FromDescriptor(channel.Handle);
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
        var message = new byte[size];
        await using var stream = UnixStream.FromDescriptor(channel.Handle);
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
