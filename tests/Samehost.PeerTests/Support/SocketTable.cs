using System.Globalization;

namespace Samehost.PeerTests.Support;

/// <summary>Waits for a server by the kernel's socket table, because a connection would be the single client of the server.</summary>
internal static class SocketTable
{
    private const int Listening = 0x10000;
    private const int Datagram = 2;

    public static async Task WaitForServerAsync(string path)
    {
        var end = DateTime.UtcNow + RunningProgram.Deadline;
        while (!IsReady(path))
        {
            if (DateTime.UtcNow > end)
                throw new TimeoutException($"no process listens at {path}");
            await Task.Delay(5);
        }
    }

    // Num RefCount Protocol Flags Type St Inode Path
    private static bool IsReady(string path) => File.ReadLines("/proc/net/unix")
        .Select(row => row.Split(' ', 8, StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
        .Any(row => row.Length == 8 && row[7] == path && (Hex(row[4]) == Datagram || (Hex(row[3]) & Listening) != 0));

    private static int Hex(string text) => int.Parse(text, NumberStyles.HexNumber, CultureInfo.InvariantCulture);
}
