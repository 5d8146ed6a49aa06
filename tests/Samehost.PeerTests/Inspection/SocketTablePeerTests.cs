using System.Diagnostics;
using System.Globalization;
using System.Net.Sockets;
using System.Text.RegularExpressions;
using Samehost.PeerTests.Support;

namespace Samehost.PeerTests.Inspection;

/// <summary>
/// Compares the library's socket table with ss(8) and lsof(8), which read it by other means. Sockets of other processes change, so only
/// those that are the same before and after are compared: none may be missing and none may be added.
/// </summary>
public sealed partial class SocketTablePeerTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact(Timeout = 180_000)]
    public async Task The_socket_table_agrees_with_ss_on_several_hundred_sockets()
    {
        var ss = ForeignProgram.SocketStatistics;
        await using var sockets = await TestSockets.OpenAsync(Token);
        await AgreeAsync(Ours, () => SsAsync(ss));
    }

    [Fact(Timeout = 180_000)]
    public async Task The_socket_table_agrees_with_lsof_on_owners_and_peers()
    {
        var lsof = ForeignProgram.ListOpenFiles;
        await using var sockets = await TestSockets.OpenAsync(Token);
        await AgreeAsync(Open, () => LsofAsync(lsof));
    }

    private static async Task AgreeAsync<T>(Func<T[]> read, Func<Task<T[]>> ask)
    {
        T[] onlyOurs, onlyTheirs;
        var attempts = 0;
        do
        {
            T[] oursBefore = read(), theirsBefore = await ask(), oursAfter = read(), theirsAfter = await ask();
            T[] ours = [.. oursBefore.Intersect(oursAfter)], theirs = [.. theirsBefore.Intersect(theirsAfter)];
            Assert.InRange(ours.Length, 400, int.MaxValue);
            onlyOurs = [.. ours.Except(theirsBefore)];
            onlyTheirs = [.. theirs.Except(oursAfter)];
        }
        while (onlyOurs.Length + onlyTheirs.Length > 0 && ++attempts < 5); // a socket of another process may have changed and changed back

        Assert.Empty(onlyOurs);
        Assert.Empty(onlyTheirs);
    }

    private static SocketRow[] Ours() => [.. UnixSocketTable.Read().Sockets.Select(socket => SocketRow.Of(socket).WithoutChangingQueues())];

    private static (int, int, uint, uint)[] Open() =>
    [
        .. from socket in UnixSocketTable.Read().Sockets
           from holder in socket.Processes
           from descriptor in holder.Descriptors
           select (holder.ProcessId, descriptor, socket.Inode, PeerOf(socket)),
    ];

    /// <summary>Returns the peer that lsof reports, if a process has it open: for a listener the first waiting client. Datagram sockets are
    /// excluded, because lsof reports any sender as the peer of a receiver.</summary>
    private static uint PeerOf(UnixSocketEntry socket)
    {
        var peer = socket.Waiting.Count > 0 ? socket.Waiting[0] : socket.Peer;
        return socket.SocketType != SocketType.Dgram && peer is { Processes.Count: > 0 } ? peer.Inode : 0;
    }

    private static async Task<SocketRow[]> SsAsync(string ss) =>
    [
        .. from line in (await RunAsync(ss, "-xpaH")).Split('\n')
           let match = SsRow().Match(line)
           where match.Success
           select new SocketRow(
               Number(match, "inode"), match.Groups["kind"].Value, match.Groups["state"].Value,
               Number(match, "receive"), Number(match, "send"), Number(match, "peer"),
               SocketRow.HoldersOf(SsHolder().Matches(match.Groups["users"].Value)
                   .Select(m => ((int)Number(m, "pid"), (int)Number(m, "fd"))))).WithoutChangingQueues(),
    ];

    /// <summary>Reads the fields of lsof, one a line: p the process, f the descriptor, i the socket, n its name and its peer.</summary>
    private static async Task<(int, int, uint, uint)[]> LsofAsync(string lsof)
    {
        var found = new List<(int, int, uint, uint)>();
        int process = 0, descriptor = 0;
        uint inode = 0;
        foreach (var line in (await RunAsync(lsof, "+E", "-U", "-Fpfin")).Split('\n'))
        {
            switch (line.FirstOrDefault())
            {
                case 'p':
                    process = int.Parse(line[1..], CultureInfo.InvariantCulture);
                    break;
                case 'f':
                    descriptor = int.Parse(line[1..], CultureInfo.InvariantCulture);
                    break;
                case 'i':
                    inode = uint.Parse(line[1..], CultureInfo.InvariantCulture);
                    break;
                case 'n':
                    var match = LsofPeer().Match(line);
                    var hasPeer = match.Success && !line.Contains("type=DGRAM", StringComparison.Ordinal);
                    found.Add((process, descriptor, inode, hasPeer ? Number(match, "peer") : 0));
                    break;
            }
        }
        return [.. found];
    }

    private static async Task<string> RunAsync(string program, params string[] arguments)
    {
        var start = new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true };
        using var process = Process.Start(start)!;
        var errors = process.StandardError.ReadToEndAsync(Token); // messages about files that were closed meanwhile
        var output = await process.StandardOutput.ReadToEndAsync(Token);
        await process.WaitForExitAsync(Token);
        await errors;
        return output;
    }

    private static uint Number(Match match, string group) => uint.Parse(match.Groups[group].Value, CultureInfo.InvariantCulture);

    [GeneratedRegex(@"^(?<kind>u_\w+)\s+(?<state>\S+)\s+(?<receive>\d+)\s+(?<send>\d+)\s+(?:.*\s)?(?<inode>\d+)\s+(?:.*?\s)?"
        + @"(?<peer>\d+)\s*(?<users>users:.*)?$")]
    private static partial Regex SsRow();

    [GeneratedRegex(@",pid=(?<pid>\d+),fd=(?<fd>\d+)\)")]
    private static partial Regex SsHolder();

    [GeneratedRegex(@"->INO=(?<peer>\d+)")]
    private static partial Regex LsofPeer();
}

/// <summary>A socket in the terms of ss, to compare both tables.</summary>
internal sealed record SocketRow(
    uint Inode, string Kind, string State, long Receive, long Send, uint Peer, string Holders)
{
    private static readonly Regex HeldByUs = new($@"\b{Environment.ProcessId}/");

    public static SocketRow Of(UnixSocketEntry socket) => new(
        socket.Inode,
        socket.SocketType switch { SocketType.Stream => "u_str", SocketType.Dgram => "u_dgr", _ => "u_seq" },
        socket.State switch { UnixSocketState.Listening => "LISTEN", UnixSocketState.Connected => "ESTAB", _ => "UNCONN" },
        socket.Pending ?? socket.ReceiveQueue,
        socket.Backlog ?? socket.SendQueue,
        socket.PeerInode ?? 0,
        HoldersOf(socket.Processes.SelectMany(h => h.Descriptors.Select(d => (h.ProcessId, d)))));

    /// <summary>Returns it without the queue lengths of sockets of other processes, which change.</summary>
    public SocketRow WithoutChangingQueues() => HeldByUs.IsMatch(Holders) ? this : this with { Receive = 0, Send = 0 };

    public static string HoldersOf(IEnumerable<(int Process, int Descriptor)> holders) =>
        string.Join(' ', holders.Order().Select(h => $"{h.Process}/{h.Descriptor}"));
}
