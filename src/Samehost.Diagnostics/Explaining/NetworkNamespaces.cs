using System.Net.Sockets;
using System.Text;
using Samehost.Interop;

namespace Samehost.Diagnostics.Explaining;

/// <summary>A socket of another network namespace, and a process that is in that one.</summary>
/// <param name="SocketType">Its kind.</param>
/// <param name="IsListening">Whether it takes connections.</param>
/// <param name="ProcessId">The process.</param>
/// <param name="Command">The name of the process, printable.</param>
/// <param name="Entry">The socket itself, where we may look into that namespace.</param>
internal sealed record NamespaceSocket(SocketType SocketType, bool IsListening, int ProcessId, string Command, UnixSocketEntry? Entry);

/// <summary>
/// Looks for a socket in the network namespaces of other processes (network_namespaces(7)): in the kernel's own table where we may enter
/// them. Otherwise by name: each process shows the table of its namespace in /proc/PID/net/unix, to everybody and as text; names there are
/// raw, so what is found is a hint and no proof.
/// </summary>
internal static class NetworkNamespaces
{
    private const int FieldsBeforeName = 7;
    private const uint AcceptsConnections = 0x10000; // __SO_ACCEPTCON

    /// <param name="isWanted">Whether an entry of a table is the socket.</param>
    /// <param name="nameKind">A path or an abstract name.</param>
    /// <param name="name">Its bytes.</param>
    /// <param name="kind">Null for any.</param>
    public static NamespaceSocket? Find(
        Func<UnixSocketEntry, bool> isWanted, UnixEndPointKind nameKind, byte[] name, SocketType? kind)
    {
        string wanted = Encoding.Latin1.GetString(name);
        if (nameKind == UnixEndPointKind.Abstract)
            wanted = '@' + wanted.Replace('\0', '@');
        var seen = new HashSet<FileId>();
        if (SpaceOf("/proc/self") is { } own)
            seen.Add(own);
        foreach (string directory in Processes())
        {
            if (!Numbers.TryParse(Path.GetFileName(directory.AsSpan()), out int processId)
                || SpaceOf(directory) is not { } space || !seen.Add(space))
                continue;
            if (NamespaceTable.TryFind(processId, isWanted, out UnixSocketEntry? entry))
            {
                if (entry is not null)
                    return Of(entry, processId, directory);
                continue;
            }
            foreach (string row in Read(directory + "/net/unix").Split('\n'))
            {
                if (Parse(row, wanted, processId, directory) is { } socket && (kind is null || socket.SocketType == kind))
                    return socket;
            }
        }
        return null;
    }

    private static NamespaceSocket Of(UnixSocketEntry entry, int processId, string directory)
    {
        bool isListening = entry.State == UnixSocketState.Listening;
        return entry.Processes is [{ } first, ..]
            ? new NamespaceSocket(entry.SocketType, isListening, first.ProcessId, first.Command, entry)
            : new NamespaceSocket(entry.SocketType, isListening, processId, CommandOf(directory), entry);
    }

    // Num RefCount Protocol Flags Type St Inode Path; an accepted connection is in state 3 and has its listener's name.
    private static NamespaceSocket? Parse(string row, string wanted, int processId, string directory)
    {
        string[] fields = row.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        if (fields.Length <= FieldsBeforeName || !row.EndsWith(' ' + wanted, StringComparison.Ordinal)
            || !Numbers.TryParseHex(fields[3], out uint flags)
            || !Numbers.TryParseHex(fields[4], out int type)
            || (fields[5] == "03" && type != (int)SocketType.Dgram))
            return null;
        return new NamespaceSocket((SocketType)type, (flags & AcceptsConnections) != 0, processId, CommandOf(directory), Entry: null);
    }

    private static string CommandOf(string directory) =>
        SafeText.Of(Encoding.Latin1.GetBytes(Read(directory + "/comm").TrimEnd('\n')));

    private static string[] Processes()
    {
        try
        {
            return Directory.GetDirectories("/proc");
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            return [];
        }
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
    private static FileId? SpaceOf(string directory) =>
        LibcFile.Status(Encoding.ASCII.GetBytes(directory + "/net/unix"), out FileStatus status) < 0 ? null : status.Id;
}
