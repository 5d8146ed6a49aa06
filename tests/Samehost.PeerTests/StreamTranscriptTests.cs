using Samehost.PeerTests.Support;

namespace Samehost.PeerTests;

public sealed class StreamTranscriptTests : IDisposable
{
    private readonly TestFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact(Timeout = 180_000)]
    public async Task The_output_through_pipes_is_that_of_the_lesson()
    {
        await using var server = await StartServerAsync();
        await using var client = RunningProgram.Start(Programs.StreamClient, _folder["stream.sock"]);
        foreach (var line in (string[])["g1", "g2", "g3"])
        {
            client.Type(line);
            await server.ExpectAsync($"Receive: {line}");
            await client.ExpectAsync($"Hi, {line}");
        }
        client.CloseInput();
        await client.ExpectExitAsync(0);
        await server.ExpectAsync("client quit");
        await server.ExpectExitAsync(0);
        Assert.Empty(_folder.Names);
    }

    [Fact(Timeout = 180_000)]
    public async Task The_output_in_terminals_is_that_of_the_lesson_including_control_C()
    {
        var path = _folder["stream.sock"];
        await using var server = StartInTerminal(Programs.StreamServer, path);
        await SocketTable.WaitForServerAsync(path);
        await using var client = StartInTerminal(Programs.StreamClient, path);
        foreach (var line in (string[])["g1", "g2", "g3"])
        {
            client.Type(line);
            await client.ExpectAsync(line, $"Hi, {line}");
            await server.ExpectAsync($"Receive: {line}");
        }
        client.WriteInput("\x03");
        await client.ExpectAsync("^C");
        await client.ExpectExitAsync(130);
        await server.ExpectAsync("client quit");
        await server.ExpectExitAsync(0);
        Assert.Empty(_folder.Names);
    }

    [Fact(Timeout = 180_000)]
    public async Task Many_lines_piped_in_at_once_are_answered_in_order()
    {
        await using var server = await StartServerAsync();
        await using var client = RunningProgram.Start(Programs.StreamClient, _folder["stream.sock"]);
        string[] lines = [.. Enumerable.Range(1, 2000).Select(number => $"line {number}")];
        client.Type(string.Join('\n', lines));
        client.CloseInput();
        await client.ExpectAsync([.. lines.Select(line => $"Hi, {line}")]);
        await client.ExpectExitAsync(0);
        await server.ExpectAsync([.. lines.Select(line => $"Receive: {line}"), "client quit"]);
        await server.ExpectExitAsync(0);
    }

    [Fact(Timeout = 180_000)]
    public async Task With_keep_three_clients_are_served_at_once_and_the_server_continues()
    {
        var path = _folder["stream.sock"];
        await using var server = RunningProgram.Start(Programs.StreamServer, "--keep", path);
        await SocketTable.WaitForServerAsync(path);
        await using var first = RunningProgram.Start(Programs.StreamClient, path);
        await using var second = RunningProgram.Start(Programs.StreamClient, path);
        await using var third = RunningProgram.Start(Programs.StreamClient, path);
        RunningProgram[] clients = [first, second, third];
        for (var round = 1; round <= 3; round++)
        {
            foreach (var client in clients)
            {
                client.Type($"g{round}");
                await client.ExpectAsync($"Hi, g{round}");
                await server.ExpectAsync($"Receive: g{round}");
            }
        }
        foreach (var client in clients)
        {
            client.CloseInput();
            await client.ExpectExitAsync(0);
            await server.ExpectAsync("client quit");
        }
        await using var late = RunningProgram.Start(Programs.StreamClient, path);
        late.Type("still there?");
        await late.ExpectAsync("Hi, still there?");
    }

    [Fact(Timeout = 180_000)]
    public async Task The_programs_accept_an_abstract_name()
    {
        var name = $"@samehost-{Guid.NewGuid():N}";
        await using var server = RunningProgram.Start(Programs.StreamServer, name);
        await SocketTable.WaitForServerAsync(name);
        await using var client = RunningProgram.Start(Programs.StreamClient, name);
        client.Type("g1");
        await client.ExpectAsync("Hi, g1");
        await server.ExpectAsync("Receive: g1");
    }

    [Fact(Timeout = 180_000)]
    public async Task A_relative_path_is_resolved_against_the_working_directory()
    {
        await using var server = RunningProgram.StartIn(_folder.Root, Programs.StreamServer, "stream.sock");
        await SocketTable.WaitForServerAsync(_folder["stream.sock"]);
        await using var client = RunningProgram.StartIn(_folder.Root, Programs.StreamClient, "./stream.sock");
        client.Type("g1");
        await client.ExpectAsync("Hi, g1");
    }

    private static RunningProgram StartInTerminal(string program, string path) =>
        RunningProgram.Start(ForeignProgram.Script, "-qefc", $"{program} {path}", "/dev/null");

    private async Task<RunningProgram> StartServerAsync()
    {
        var server = RunningProgram.Start(Programs.StreamServer, _folder["stream.sock"]);
        await SocketTable.WaitForServerAsync(_folder["stream.sock"]);
        return server;
    }
}
