using System.Globalization;
using System.Text;
using Samehost.Interop;

namespace Samehost.Diagnostics.Explaining;

/// <summary>The kernel's table of the network namespace that another process is in (network_namespaces(7)).</summary>
internal static class NamespaceTable
{
    /// <summary>The table with the processes that have its sockets, if the wanted one is in it; false when we may not look.</summary>
    public static bool TryFind(int process, Func<UnixSocketEntry, bool> isWanted, out UnixSocketEntry? found)
    {
        UnixSocketEntry? socket = null;
        bool isSeen = false;
        // A thread that has gone there does not come back.
        var visitor = new Thread(() => isSeen = Enter(process) && Look(isWanted, out socket)) { IsBackground = true };
        visitor.Start();
        visitor.Join();
        found = socket;
        return isSeen;
    }

    private static bool Enter(int process)
    {
        byte[] path = Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $"/proc/{process}/ns/net"));
        if (LibcFile.Open(path, LibcFile.O_RDONLY, 0, out Descriptor? space) < 0)
            return false;
        using (space)
            return LibcNamespace.EnterNetwork(space!) >= 0;
    }

    private static bool Look(Func<UnixSocketEntry, bool> isWanted, out UnixSocketEntry? found)
    {
        found = null;
        try
        {
            // Who has it is asked only where it is: that takes a look at every process, and there can be many namespaces.
            if (UnixSocketTable.Read(withProcesses: false).Sockets.Any(isWanted))
                found = UnixSocketTable.Read().Sockets.FirstOrDefault(isWanted);
            return true;
        }
        catch (UnixSocketException)
        {
            return false;
        }
    }
}
