using System.Text;
using Samehost.PeerTests.Interop;
using Samehost.PeerTests.Support;

namespace Samehost.PeerTests.Hosting;

/// <summary>The sample worker, a program of the Generic Host, as others see it: exit status, signals and service manager.</summary>
public sealed class WorkerTests : IDisposable
{
    private readonly TestFolder _folder = new();

    private static string Worker => Programs.Sample("worker");

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    private string Socket => _folder["greeter.sock"];

    public void Dispose() => _folder.Dispose();

    [Fact(Timeout = 180_000)]
    public async Task It_serves_until_SIGTERM_and_exits_with_0()
    {
        await using var worker = RunningProgram.Start(
            Worker, $"--contentRoot={Path.GetDirectoryName(Worker)}", $"--Greeter:Address={Socket}");
        await ExpectAsync(worker, $"Server Greeter is listening on {Socket}");
        await ExpectAsync(worker, "Application started.");

        Assert.Equal("hello\n", await AskAsync());
        worker.Signal(LibcSignal.SIGTERM);

        Assert.Equal(0, await worker.ExitStatusAsync());
        Assert.DoesNotContain("greeter.sock", _folder.Names);
    }

    [Theory(Timeout = 180_000)]
    [InlineData("--Greeter:Mode=0999", "Greeter:Mode: '0999' is not a mode of a socket file")]
    [InlineData("--Greeter:Policy=group:no-such-group-here", "Greeter:Policy: ")]
    [InlineData("--Greeter:Adress=/run/x.sock", "Greeter:Adress is not a setting")]
    [InlineData("--Greeter:Address=/no/such/directory/x.sock", "bind failed: No such file or directory (2): /no/such/directory/x.sock")]
    public async Task A_wrong_setting_fails_the_start(string argument, string expected)
    {
        await using var worker = RunningProgram.Start(Worker, $"--Greeter:Address={Socket}", argument);

        Assert.NotEqual(0, await worker.ExitStatusAsync());
        var output = string.Join('\n', await worker.ReadOutputAsync());

        Assert.Contains(expected, output, StringComparison.Ordinal);
        Assert.DoesNotContain("Application started", output, StringComparison.Ordinal);
        Assert.Empty(_folder.Names);
    }

    [Fact(Timeout = 180_000)]
    public async Task An_address_that_is_taken_fails_the_start_and_the_server_there_goes_on()
    {
        await using var other = UnixServer.Start(
            UnixEndPoint.FromPath(Socket), (stream, stopping) => stream.WriteAsync("other"u8.ToArray(), stopping).AsTask());
        await using var worker = RunningProgram.Start(Worker, $"--Greeter:Address={Socket}");

        Assert.NotEqual(0, await worker.ExitStatusAsync());
        var output = string.Join('\n', await worker.ReadOutputAsync());

        Assert.Contains($"bind failed: Address already in use (98): {Socket}", output, StringComparison.Ordinal);
        Assert.Contains($"pid {Environment.ProcessId}", output, StringComparison.Ordinal);
        Assert.DoesNotContain("Application started", output, StringComparison.Ordinal);
        Assert.Equal("other", await AskAsync());
    }

    [Fact(Timeout = 180_000)]
    public async Task It_keeps_the_contract_of_a_systemd_service()
    {
        await using var manager = UnixDatagram.Bind(UnixEndPoint.FromPath(_folder["notify"]));
        // AddSystemd takes a process for a service if the name of its parent is systemd.
        File.Copy("/bin/sh", _folder["systemd"]);
        await using var parent = RunningProgram.Start(
            _folder["systemd"], "-c",
            $"export NOTIFY_SOCKET='{_folder["notify"]}' WATCHDOG_USEC=200000; "
            + $"'{Worker}' '--Greeter:Address={Socket}' & trap \"kill $!\" TERM; wait; wait $!");

        await ExpectNotificationAsync(manager, "READY=1");
        Assert.Equal("hello\n", await AskAsync()); // ready says that it listens
        await ExpectNotificationAsync(manager, "WATCHDOG=1");
        await ExpectNotificationAsync(manager, "WATCHDOG=1");
        parent.Signal(LibcSignal.SIGTERM);
        await ExpectNotificationAsync(manager, "STOPPING=1");
        Assert.Equal(0, await parent.ExitStatusAsync()); // the worker's
    }

    [Fact(Timeout = 180_000)]
    public async Task It_serves_the_socket_that_systemd_passes()
    {
        await using var worker = await SocketActivation.StartAsync(
            ["-l", Socket, "--fdname=greeter"], Worker, $"--contentRoot={Path.GetDirectoryName(Worker)}");

        Assert.Equal("hello\n", await AskAsync());
        Assert.Equal("hello\n", await AskAsync());
        worker.Signal(LibcSignal.SIGTERM);

        Assert.Equal(0, await worker.ExitStatusAsync());
        Assert.Contains("greeter.sock", _folder.Names); // the manager's
    }

    private async Task<string> AskAsync()
    {
        await using var client = await UnixStream.ConnectAsync(UnixEndPoint.FromPath(Socket), cancellationToken: Stop);
        using var text = new StreamReader(client, leaveOpen: true);
        return await text.ReadToEndAsync(Stop);
    }

    private static async Task ExpectAsync(RunningProgram worker, string text)
    {
        string? line;
        do
            line = await worker.NextLineAsync();
        while (line is not null && !line.Contains(text, StringComparison.Ordinal));
        Assert.NotNull(line);
    }

    private static async Task ExpectNotificationAsync(UnixDatagram manager, string expected)
    {
        var buffer = new byte[1000];
        string[] lines;
        do
            lines = Encoding.UTF8.GetString(buffer, 0, (await manager.ReceiveAsync(buffer, Stop)).Count).Split('\n');
        while (!lines.Contains(expected));
    }
}
