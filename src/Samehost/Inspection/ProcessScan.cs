using System.Globalization;
using System.Text;
using Samehost.Interop;

namespace Samehost.Inspection;

/// <summary>A process that has a socket open.</summary>
/// <param name="ProcessId">The process number in our namespace.</param>
/// <param name="UserId">The effective user; null when the process ended meanwhile.</param>
/// <param name="Command">The name that the process chose (proc_pid_comm(5)); empty when the process ended meanwhile.</param>
internal sealed record SocketProcess(int ProcessId, uint? UserId, byte[] Command)
{
    /// <summary>The descriptor numbers of the socket in the order of the kernel.</summary>
    public List<int> Descriptors { get; } = new(1);

    /// <summary>Whether the process was stopped, by SIGSTOP or by a debugger; false when that cannot be seen.</summary>
    public bool IsStopped => StatusFields(ProcessId) is ["T" or "t", ..];

    /// <summary>The start of the process that started first (proc_pid_stat(5)); null when none can be seen.</summary>
    public static DateTimeOffset? EarliestStart(IEnumerable<SocketProcess> processes)
    {
        const int startTime = 19; // field 22, the third being the first behind the name
        const double ticksPerSecond = 100; // USER_HZ, the same on every architecture that .NET runs on
        double[] starts = [.. processes.Select(p => StatusFields(p.ProcessId)).OfType<string[]>()
            .Select(fields => Numbers.Parse<ulong>(fields[startTime]) / ticksPerSecond)];
        if (starts.Length == 0 || !Numbers.TryParseDecimal(File.ReadAllText("/proc/uptime").Split(' ')[0], out var uptime))
            return null;
        var now = DateTimeOffset.Now;
        now = now.AddTicks(-(now.Ticks % TimeSpan.TicksPerSecond)); // the kernel's figures are not finer than a hundredth
        return now - TimeSpan.FromSeconds(uptime - starts.Min());
    }

    /// <summary>The fields behind the name, the state first; null when the process cannot be seen.</summary>
    internal static string[]? StatusFields(int process)
    {
        try
        {
            var text = File.ReadAllText($"/proc/{process}/stat");
            // The name in parentheses may have any characters in it, these too.
            return text[(text.LastIndexOf(')') + 2)..].Split(' ');
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            return null; // ended meanwhile
        }
    }
}

/// <summary>
/// Walks the processes in <c>/proc</c> and finds those that have given sockets open (proc_pid_fd(5)). It costs a readlink for each
/// descriptor of each process, so nothing else may cost anything: names stay bytes, directories are descriptors.
/// </summary>
internal sealed class ProcessScan
{
    private readonly byte[] _processes = new byte[16384];
    private readonly byte[] _descriptors = new byte[16384];
    private readonly byte[] _path = new byte[32];
    private Descriptor _proc = null!;

    /// <summary>The number of processes whose descriptors may not be seen.</summary>
    public int Unreadable { get; private set; }

    /// <summary>Visits all processes until <paramref name="visit"/> returns false; zero or <c>-errno</c> when there is no /proc.</summary>
    public int ForEach(Func<int, bool> visit)
    {
        var result = LibcDirectory.Open(null, "/proc\0"u8, out var proc);
        if (result < 0)
            return result;
        using (_proc = proc!)
        {
            while ((result = LibcDirectory.List(proc!, _processes)) > 0)
            {
                var records = new DirectoryRecords(_processes.AsSpan(0, result));
                while (records.Next())
                {
                    if (Numbers.TryParse(Text(records.Name), out int processId) && !visit(processId))
                        return 0;
                }
            }
        }
        return result;
    }

    /// <summary>Finds the processes of many sockets.</summary>
    /// <param name="find">Returns where to add the processes of a socket with this number; null for a socket that is not wanted.</param>
    public int FindAll(Func<uint, List<SocketProcess>?> find) => ForEach(processId =>
    {
        Visit(processId, find);
        return true;
    });

    /// <summary>Finds a process that has a socket; null when none can be seen.</summary>
    public static SocketProcess? FindOne(uint socketInode)
    {
        var found = new List<SocketProcess>(1);
        var scan = new ProcessScan();
        _ = scan.ForEach(processId =>
        {
            scan.Visit(processId, inode => inode == socketInode ? found : null);
            return found.Count == 0;
        });
        return found.Count == 0 ? null : found[0];
    }

    /// <summary>The parent of a process, its parent and so on, as far as they can be seen.</summary>
    public static IEnumerable<int> ParentsOf(int processId)
    {
        while (SocketProcess.StatusFields(processId) is [_, var parent, ..] && Numbers.TryParse(parent, out processId) && processId > 0)
            yield return processId;
    }

    /// <summary>The name of a program, printable; empty when it cannot be read.</summary>
    public static string NameOf(int processId)
    {
        try
        {
            return PrintableText.Of(File.ReadAllBytes($"/proc/{processId}/comm").AsSpan().TrimEnd((byte)'\n'));
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            return "";
        }
    }

    /// <summary>The descriptors by which this process has sockets, by socket; none without /proc.</summary>
    public static Dictionary<uint, List<int>> OwnDescriptors(IEnumerable<uint> socketInodes)
    {
        var wanted = socketInodes.Distinct().ToDictionary(inode => inode, _ => new List<SocketProcess>(1));
        var scan = new ProcessScan();
        if (LibcDirectory.Open(null, "/proc\0"u8, out var proc) >= 0)
        {
            using (scan._proc = proc!)
                scan.Visit(Environment.ProcessId, inode => wanted.GetValueOrDefault(inode));
        }
        return wanted.Where(socket => socket.Value.Count > 0).ToDictionary(socket => socket.Key, socket => socket.Value[0].Descriptors);
    }

    /// <summary>The name of a program; empty when it cannot be read.</summary>
    public byte[] CommandOf(int processId)
    {
        Span<byte> name = stackalloc byte[64];
        var length = LibcDirectory.ReadFile(_proc, PathOf(processId, "/comm\0"u8), name);
        return length > 0 ? name[..length].TrimEnd((byte)'\n').ToArray() : [];
    }

    private void Visit(int processId, Func<uint, List<SocketProcess>?> find)
    {
        var result = LibcDirectory.Open(_proc, PathOf(processId, "/fd\0"u8), out var directory);
        if (result == -(int)Errno.EACCES)
            Unreadable++;
        if (result < 0)
            return; // of another user, or just ended
        using (directory)
        {
            SocketProcess? process = null;
            using var lease = new DescriptorLease(directory!);
            Span<byte> target = stackalloc byte[32];
            while ((result = LibcDirectory.List(directory!, _descriptors)) > 0)
            {
                var records = new DirectoryRecords(_descriptors.AsSpan(0, result));
                while (records.Next())
                {
                    var length = LibcDirectory.ReadLink(lease, records.Name, target);
                    if (length == -(int)Errno.EACCES)
                    {
                        Unreadable++;
                        return;
                    }
                    if (length > 9 && SocketNumber(target[..length]) is { } inode && find(inode) is { } processes
                        && Numbers.TryParse(Text(records.Name), out int descriptor))
                    {
                        if (processes.Count == 0 || processes[^1].ProcessId != processId)
                            processes.Add(Identify(processId, ref process));
                        processes[^1].Descriptors.Add(descriptor);
                    }
                }
            }
        }
    }

    /// <summary>The process as one of the processes of a socket; name and user are read once.</summary>
    private SocketProcess Identify(int processId, ref SocketProcess? known)
    {
        if (known is not null)
            return new SocketProcess(processId, known.UserId, known.Command);
        // The owner of the directory is the effective user, also of a process that may not be looked into.
        var path = Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $"/proc/{processId}"));
        uint? user = LibcFile.Status(path, out var status) >= 0 ? status.User : null;
        return known = new SocketProcess(processId, user, CommandOf(processId));
    }

    /// <summary>The number in <c>socket:[N]</c>.</summary>
    private static uint? SocketNumber(ReadOnlySpan<byte> target) =>
        target.StartsWith("socket:["u8) && target.EndsWith("]"u8) && Numbers.TryParse(target[8..^1], out uint inode) ? inode : null;

    /// <summary>A name without its final NUL and what follows it.</summary>
    private static ReadOnlySpan<byte> Text(ReadOnlySpan<byte> name) => name[..name.IndexOf((byte)0)];

    private Span<byte> PathOf(int processId, ReadOnlySpan<byte> tail)
    {
        _ = processId.TryFormat(_path, out var length, default, CultureInfo.InvariantCulture);
        tail.CopyTo(_path.AsSpan(length));
        return _path.AsSpan(0, length + tail.Length);
    }
}
