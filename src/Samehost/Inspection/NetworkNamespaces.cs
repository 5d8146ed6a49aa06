using System.Globalization;
using System.Text;
using Samehost.Interop;

namespace Samehost.Inspection;

/// <summary>A socket of another network namespace, and a process that is in that one.</summary>
/// <param name="Type">The type of the socket.</param>
/// <param name="IsListening">Whether it accepts connections.</param>
/// <param name="ProcessId">The process.</param>
/// <param name="Command">The name of the process, printable.</param>
/// <param name="Table">The table of that namespace, where this process may look into it.</param>
/// <param name="Entry">The socket in that table.</param>
internal sealed record NamespaceSocket(
    int Type, bool IsListening, int ProcessId, string Command, SocketTable? Table, SocketTableEntry? Entry);

/// <summary>
/// Looks for a socket in the network namespaces of other processes (network_namespaces(7)): in the kernel's own table where this process
/// may enter them. Otherwise by name: each process shows the table of its namespace in /proc/PID/net/unix, to every user and as text; names
/// there are raw, so what is found is a hint and no proof.
/// </summary>
internal static class NetworkNamespaces
{
    private const int FieldsBeforeName = 7;
    private const uint AcceptsConnections = 0x10000; // __SO_ACCEPTCON

    /// <param name="isWanted">Whether an entry of a table is the socket.</param>
    /// <param name="isAbstract">Whether the name is abstract and not a path.</param>
    /// <param name="name">The bytes of the name.</param>
    /// <param name="type">Null for any.</param>
    public static NamespaceSocket? Find(Func<SocketTableEntry, bool> isWanted, bool isAbstract, byte[] name, int? type)
    {
        var wanted = Encoding.Latin1.GetString(name);
        if (isAbstract)
            wanted = '@' + wanted.Replace('\0', '@');
        HashSet<FileId> entered = [], read = [];
        if (NamespaceOf("/proc/self"u8) is { } own)
            entered.Add(own);
        NamespaceSocket? found = null, named = null;
        var scan = new ProcessScan();
        _ = scan.ForEach(processId =>
        {
            var directory = string.Create(CultureInfo.InvariantCulture, $"/proc/{processId}");
            if (NamespaceOf(Encoding.ASCII.GetBytes(directory)) is not { } space || entered.Contains(space))
                return true;
            // Of several processes in a namespace, some may be out of reach.
            if (TryReadTable(processId, isWanted, out var table))
            {
                entered.Add(space);
                if (table?.Sockets.Find(s => isWanted(s)) is { } entry)
                    found = Describe(table, entry, processId, scan);
            }
            else if (named is null && read.Add(space))
            {
                named = FindName(directory, wanted, type) is { } socket
                    ? new NamespaceSocket(
                        socket.Type, socket.IsListening, processId, PrintableText.Of(scan.CommandOf(processId)), null, null)
                    : null;
            }
            return found is null;
        });
        return found ?? named;
    }

    /// <summary>Finds a name in the table that a process shows as text.</summary>
    private static (int Type, bool IsListening)? FindName(string process, string wanted, int? type)
    {
        foreach (var row in Read(process + "/net/unix").Split('\n'))
        {
            if (Parse(row, wanted) is { } socket && (type is null || socket.Type == type))
                return socket;
        }
        return null;
    }

    private static NamespaceSocket Describe(SocketTable table, SocketTableEntry entry, int processId, ProcessScan scan)
    {
        var process = entry.Processes is [{ } first, ..] ? first : new SocketProcess(processId, null, scan.CommandOf(processId));
        return new NamespaceSocket(
            entry.Type, entry.IsListening, process.ProcessId, PrintableText.Of(process.Command), table, entry);
    }

    /// <summary>Reads the table of the namespace of a process, if the wanted socket is in it; false when that may not be entered.</summary>
    private static bool TryReadTable(int processId, Func<SocketTableEntry, bool> isWanted, out SocketTable? table)
    {
        SocketTable? read = null;
        var isSeen = false;
        table = null;
        if (OpenNamespace(processId) is not { } space)
            return false;
        using var opened = space;
        // A thread that has entered the other namespace does not come back.
        var visitor = new Thread(() =>
        {
            if (LibcNamespace.EnterNetwork(space) < 0 || SocketTable.TryRead(withProcesses: false) is not { } names)
                return;
            isSeen = true;
            // The processes are looked for only where the socket is: that takes a look at each, and there can be many namespaces.
            if (names.Sockets.Exists(s => isWanted(s)))
                read = SocketTable.TryRead(withProcesses: true);
        })
        {
            IsBackground = true,
        };
        visitor.Start();
        visitor.Join();
        table = read;
        return isSeen;
    }

    private static Descriptor? OpenNamespace(int processId)
    {
        var path = Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $"/proc/{processId}/ns/net"));
        _ = LibcFile.Open(path, LibcFile.O_RDONLY, 0, out var space);
        return space;
    }

    // Num RefCount Protocol Flags Type St Inode Path; an accepted connection is in state 3 and has its listener's name.
    private static (int Type, bool IsListening)? Parse(string row, string wanted)
    {
        var fields = row.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        if (fields.Length <= FieldsBeforeName || !row.EndsWith(' ' + wanted, StringComparison.Ordinal)
            || !Numbers.TryParseHex(fields[3], out uint flags)
            || !Numbers.TryParseHex(fields[4], out int type)
            || (fields[5] == "03" && type != LibcSocket.SOCK_DGRAM))
        {
            return null;
        }
        return (type, (flags & AcceptsConnections) != 0);
    }

    private static string Read(string path)
    {
        try
        {
            return Encoding.Latin1.GetString(File.ReadAllBytes(path));
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            return ""; // it has ended
        }
    }

    /// <summary>Which namespace a process is in. Its link in /proc/PID/ns shows that as well, but not to another user.</summary>
    private static FileId? NamespaceOf(ReadOnlySpan<byte> directory) =>
        LibcFile.Status([.. directory, .. "/net/unix"u8], out var status) < 0 ? null : status.Id;
}
