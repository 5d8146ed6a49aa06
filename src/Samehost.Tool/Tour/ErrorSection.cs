using Samehost.Tool.Cli;
using Samehost.Tool.Processes;
using Samehost.Tool.Terminal;

namespace Samehost.Tool.Tour;

/// <summary>The section on common errors, each produced by real programs. The datagram server of the previous section still runs.</summary>
internal sealed class ErrorSection(TerminalWriter terminal, TempWorkspace workspace, CancellationToken cancellationToken)
    : TourSection(terminal, workspace, cancellationToken)
{
    public async Task ShowAsync()
    {
        Terminal.WriteHeading("3. Common errors, and why");
        var serverToKill = TempWorkspace.Start(StreamServer, StreamSocket);
        await NoServerAsync();
        await ServerReadiness.WaitAsync(serverToKill, TempWorkspace.PathOf(StreamSocket), CancellationToken);
        var server = await DeadServerAsync(serverToKill);
        await WrongTypeAsync();
        await new PermissionSection(Terminal, TempWorkspace, CancellationToken).ShowAsync();
        await PathInUseAsync(server);
    }

    private async Task NoServerAsync()
    {
        Terminal.WriteSubheading("No server");
        await ClientFailsAsync("nobody.sock", "connect failed: No such file or directory (2)");
        Why("nothing is at that path: no server yet, or a path mistyped");
    }

    private async Task<InteractiveProcess> DeadServerAsync(InteractiveProcess server)
    {
        Terminal.WriteSubheading("A server that died");
        Terminal.WriteShellCommand($"{StreamServer} {StreamSocket} &  kill -9 $!");
        server.Kill();
        await server.EndAsync(CancellationToken);
        await ClientFailsAsync(StreamSocket, "connect failed: Connection refused (111)");
        Why("the file outlived its server: no process listens at it");
        Terminal.WriteShellCommand($"{StreamServer} --keep {StreamSocket}");
        var successor = await ServeAsync(StreamServer, "--keep", StreamSocket);
        Note("starts: it made sure that no process listens, and replaced the file");
        return successor;
    }

    private async Task WrongTypeAsync()
    {
        Terminal.WriteSubheading("The wrong type of socket");
        await ClientFailsAsync(DataSocket, "connect failed: Protocol wrong type for socket (91)");
        Why("a datagram server is bound there, and this client uses streams");
    }

    private async Task PathInUseAsync(InteractiveProcess server)
    {
        Terminal.WriteSubheading("A path in use");
        Terminal.WriteShellCommand($"{StreamServer} {StreamSocket}");
        await ExpectFailureAsync(
            TempWorkspace.Start(StreamServer, StreamSocket), LineLabel.Server, "bind failed: Address already in use (98)");
        Why("a server listens there; it is left alone, as its next client shows");
        Terminal.WriteShellCommand($"{StreamClient} {StreamSocket}");
        var client = TempWorkspace.Start(StreamClient, StreamSocket);
        await TypeAsync(client, "g4");
        await ExpectAsync(server, LineLabel.Server, "Receive: g4");
        await ExpectAsync(client, LineLabel.Client, "Hi, g4");
    }

    private Task ClientFailsAsync(string socket, string error)
    {
        Terminal.WriteShellCommand($"{StreamClient} {socket}");
        return ExpectFailureAsync(TempWorkspace.Start(StreamClient, socket), LineLabel.Client, error);
    }
}

/// <summary>
/// The section on permissions. Root is refused nothing, so as root a client of another user is started; other users remove the permission
/// from themselves.
/// </summary>
internal sealed class PermissionSection(TerminalWriter terminal, TempWorkspace workspace, CancellationToken cancellationToken)
    : TourSection(terminal, workspace, cancellationToken)
{
    private const string Refused = "connect failed: Permission denied (13)";
    private const int OtherUser = 65534;

    public async Task ShowAsync()
    {
        Terminal.WriteSubheading("No permission");
        if (Environment.IsPrivilegedProcess)
            await AsOtherUserAsync();
        else
            await WithoutWritePermissionAsync();
    }

    private async Task AsOtherUserAsync()
    {
        using var traversal = TempWorkspace.AllowTraversal();
        string said;
        try
        {
            said = (await TempWorkspace.StartAs(OtherUser, StreamClient, StreamSocket).EndAsync(CancellationToken)).Errors;
        }
        catch (ToolException error)
        {
            said = error.Message;
        }
        Terminal.WriteShellCommand($"{StreamClient} {StreamSocket}", $"(as user {OtherUser})");
        if (said == Refused)
            Terminal.WriteLabeled(LineLabel.Client, said);
        else
            Note($"not shown: user {OtherUser} cannot run programs from here; else: {Refused[16..]}");
        Why("the socket file has mode 0600: only its owner and root may connect");
    }

    private async Task WithoutWritePermissionAsync()
    {
        var path = TempWorkspace.PathOf(StreamSocket);
        var before = File.GetUnixFileMode(path);
        Terminal.WriteShellCommand($"chmod 0400 {StreamSocket}");
        File.SetUnixFileMode(path, UnixFileMode.UserRead);
        Terminal.WriteShellCommand($"{StreamClient} {StreamSocket}");
        await ExpectFailureAsync(TempWorkspace.Start(StreamClient, StreamSocket), LineLabel.Client, Refused);
        Why("connecting takes write permission on the file, even for its owner");
        Terminal.WriteShellCommand($"chmod {Convert.ToString((int)before, 8).PadLeft(4, '0')} {StreamSocket}");
        File.SetUnixFileMode(path, before);
    }
}
