using System.Diagnostics;
using System.Runtime.InteropServices;
using Samehost.Measuring;
using Samehost.Measuring.Interop;
using Samehost.Tool.Commands;
using Samehost.Tool.Processes;

namespace Samehost.Tool.Benchmarks;

/// <summary>
/// The other process, as this one sees it: the same program again, which is given one end of each transport and told what to do with
/// it. It ends when this process does, however that ends.
/// </summary>
internal sealed class Opponent : IDisposable
{
    private readonly Process _process;
    private readonly UnixSeqpacket _control;

    private Opponent(Process process, UnixSeqpacket control) => (_process, _control) = (process, control);

    /// <summary>Starts it on a CPU, or anywhere.</summary>
    public static async Task<Opponent> StartAsync(Workplace workplace, int? cpu, CancellationToken stop)
    {
        UnixEndPoint control = UnixEndPoint.FromPath(workplace.PathOf("bench.sock"));
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

    /// <summary>Gives it an end, which is closed here, and its work.</summary>
    public void Give(End end, Work work, int size)
    {
        Span<byte> order = stackalloc byte[OpponentProcess.OrderLength];
        order[0] = (byte)work;
        order[1] = end.KeepsRecords ? (byte)1 : (byte)0;
        MemoryMarshal.Write(order[2..], size);
        _control.Send(order, end.Handles);
        foreach (SafeHandle handle in end.Handles)
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
            return ChildStart.Start(new ProcessStartInfo(self, [.. assembly, OpponentProcess.CommandName, control]));
        }
        finally
        {
            CpuAffinity.Set(before);
        }
    }
}
