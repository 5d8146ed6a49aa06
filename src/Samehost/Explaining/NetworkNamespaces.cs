using System.Globalization;
using System.Text;

namespace Samehost.Explaining;

/// <summary>A socket of another network namespace, and a process that is in that one.</summary>
internal sealed record NamespaceSocket(UnixSocketKind Kind, bool IsListening, int ProcessId, string Command);

/// <summary>
/// Looks for a socket by name in the network namespaces of other processes, as far as they can be seen (network_namespaces(7)). Each
/// process shows the table of its own in /proc/PID/net/unix, as text; names there are raw, so what is found is a hint and no proof.
/// </summary>
internal static class NetworkNamespaces
{
    private const int FieldsBeforeName = 7;
    private const uint AcceptsConnections = 0x10000; // __SO_ACCEPTCON

    /// <param name="nameKind">A path or an abstract name.</param>
    /// <param name="name">Its bytes.</param>
    /// <param name="kind">Null for any.</param>
    public static NamespaceSocket? Find(UnixEndPointKind nameKind, byte[] name, UnixSocketKind? kind)
    {
        string wanted = Encoding.Latin1.GetString(name);
        if (nameKind == UnixEndPointKind.Abstract)
            wanted = '@' + wanted.Replace('\0', '@');
        var seen = new HashSet<string> { LinkOf("/proc/self/ns/net") ?? "" };
        foreach (string directory in Processes())
        {
            if (!int.TryParse(Path.GetFileName(directory), NumberStyles.None, CultureInfo.InvariantCulture, out int processId)
                || LinkOf(directory + "/ns/net") is not { } space || !seen.Add(space))
                continue;
            foreach (string row in Read(directory + "/net/unix").Split('\n'))
            {
                if (Parse(row, wanted, processId, directory) is { } socket && (kind is null || socket.Kind == kind))
                    return socket;
            }
        }
        return null;
    }

    // Num RefCount Protocol Flags Type St Inode Path; an accepted connection is in state 3 and has its listener's name.
    private static NamespaceSocket? Parse(string row, string wanted, int processId, string directory)
    {
        string[] fields = row.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        if (fields.Length <= FieldsBeforeName || !row.EndsWith(' ' + wanted, StringComparison.Ordinal)
            || !uint.TryParse(fields[3], NumberStyles.HexNumber, CultureInfo.InvariantCulture, out uint flags)
            || !int.TryParse(fields[4], NumberStyles.HexNumber, CultureInfo.InvariantCulture, out int type)
            || (fields[5] == "03" && type != (int)UnixSocketKind.Datagram))
            return null;
        string command = SafeText.Of(Encoding.Latin1.GetBytes(Read(directory + "/comm").TrimEnd('\n')));
        return new NamespaceSocket((UnixSocketKind)type, (flags & AcceptsConnections) != 0, processId, command);
    }

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

    private static string? LinkOf(string path)
    {
        try
        {
            return new FileInfo(path).LinkTarget;
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            return null; // another user's
        }
    }
}
