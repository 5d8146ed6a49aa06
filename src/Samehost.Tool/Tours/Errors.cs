using Samehost.Tool.Output;
using Samehost.Tool.Processes;

namespace Samehost.Tool.Tours;

/// <summary>The failures that newcomers meet, each provoked for real. The datagram server of the chapter before still runs.</summary>
internal sealed class Errors(Terminal terminal, Workplace workplace, CancellationToken stop) : Scene(terminal, workplace, stop)
{
    public async Task ShowAsync()
    {
        Terminal.Heading("3. What goes wrong at first, and why");
        LocalProcess toBeKilled = Workplace.Start(StreamServer, StreamSocket);
        await NoServerAsync();
        await Readiness.WaitAsync(toBeKilled, Workplace.PathOf(StreamSocket), Stop);
        LocalProcess server = await DeadServerAsync(toBeKilled);
        await WrongTypeAsync();
        await new Permissions(Terminal, Workplace, Stop).ShowAsync();
        await PathInUseAsync(server);
    }

    private async Task NoServerAsync()
    {
        Terminal.Subheading("No server");
        await ClientFailsAsync("nobody.sock", "connect failed: No such file or directory (2)");
        Why("nothing is at that path: no server yet, or a path mistyped");
    }

    private async Task<LocalProcess> DeadServerAsync(LocalProcess server)
    {
        Terminal.Subheading("A server that died");
        Terminal.Shell($"{StreamServer} {StreamSocket} &  kill -9 $!");
        server.Kill();
        await server.EndAsync(Stop);
        await ClientFailsAsync(StreamSocket, "connect failed: Connection refused (111)");
        Why("the file outlived its server, and nobody listens behind it");
        Terminal.Shell($"{StreamServer} --keep {StreamSocket}");
        LocalProcess successor = await ServeAsync(StreamServer, "--keep", StreamSocket);
        Note("starts: it made sure that nobody listens and replaced the file");
        return successor;
    }

    private async Task WrongTypeAsync()
    {
        Terminal.Subheading("The wrong type of socket");
        await ClientFailsAsync(DataSocket, "connect failed: Protocol wrong type for socket (91)");
        Why("a datagram server is there, and this client speaks stream");
    }

    private async Task PathInUseAsync(LocalProcess server)
    {
        Terminal.Subheading("A path that is taken");
        Terminal.Shell($"{StreamServer} {StreamSocket}");
        await ExpectFailureAsync(
            Workplace.Start(StreamServer, StreamSocket), Speaker.Server, "bind failed: Address already in use (98)");
        Why("a server listens there; it is left alone, as its next client shows");
        Terminal.Shell($"{StreamClient} {StreamSocket}");
        LocalProcess client = Workplace.Start(StreamClient, StreamSocket);
        await TypeAsync(client, "g4");
        await ExpectAsync(server, Speaker.Server, "Receive: g4");
        await ExpectAsync(client, Speaker.Client, "Hi, g4");
    }

    private Task ClientFailsAsync(string socket, string error)
    {
        Terminal.Shell($"{StreamClient} {socket}");
        return ExpectFailureAsync(Workplace.Start(StreamClient, socket), Speaker.Client, error);
    }
}
