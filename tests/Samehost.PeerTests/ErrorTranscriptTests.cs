using Samehost.PeerTests.Interop;
using Samehost.PeerTests.Support;

namespace Samehost.PeerTests;

public sealed class ErrorTranscriptTests : IDisposable
{
    private readonly TestFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory(Timeout = 180_000)]
    [InlineData("unixstreamserver")]
    [InlineData("unixstreamclient")]
    [InlineData("unixdataserver")]
    [InlineData("unixdataclient")]
    public async Task Without_arguments_or_with_too_many_the_usage_is_printed(string name)
    {
        await using var none = RunningProgram.Start(Programs.Find(name));
        await none.ExpectExitAsync(1, $"usage: {name} <local_path>");
        await using var two = RunningProgram.Start(Programs.Find(name), "a", "b");
        await two.ExpectExitAsync(1, $"usage: {name} <local_path>");
        await using var unknown = RunningProgram.Start(Programs.Find(name), "--wrong");
        var keep = name == "unixstreamserver" ? "[--keep] " : "";
        await unknown.ExpectExitAsync(1, $"unknown option '--wrong' (as a path ./--wrong); usage: {name} {keep}<local_path>");
    }

    [Theory(Timeout = 180_000)]
    [InlineData("unixstreamserver", "[--keep] ")]
    [InlineData("unixstreamclient", "")]
    [InlineData("unixdataserver", "")]
    [InlineData("unixdataclient", "")]
    public async Task Help_is_written_to_standard_output(string name, string options)
    {
        await using var program = RunningProgram.Start(Programs.Find(name), "--help");
        await program.ExpectAsync($"usage: {name} {options}<local_path>", "");
        Assert.NotNull(await program.NextLineAsync());
        Assert.Equal(0, await program.ExitStatusAsync());
        Assert.Null(await program.NextErrorAsync());
    }

    [Fact(Timeout = 180_000)]
    public async Task A_client_without_a_server_fails()
    {
        await using var client = RunningProgram.Start(Programs.StreamClient, _folder["stream.sock"]);
        await client.ExpectExitAsync(1, "connect failed: No such file or directory (2)");
    }

    [Fact(Timeout = 180_000)]
    public async Task A_client_fails_at_the_path_of_a_server_of_another_socket_type()
    {
        await using var data = RunningProgram.Start(Programs.DataServer, _folder["data.sock"]);
        await using var stream = RunningProgram.Start(Programs.StreamServer, _folder["stream.sock"]);
        await SocketTable.WaitForServerAsync(_folder["data.sock"]);
        await SocketTable.WaitForServerAsync(_folder["stream.sock"]);
        await using var streamClient = RunningProgram.Start(Programs.StreamClient, _folder["data.sock"]);
        await streamClient.ExpectExitAsync(1, "connect failed: Protocol wrong type for socket (91)");
        await using var dataClient = RunningProgram.Start(Programs.DataClient, _folder["stream.sock"]);
        await dataClient.ExpectExitAsync(1, "connect failed: Protocol wrong type for socket (91)");
    }

    [Theory(Timeout = 180_000)]
    [InlineData("unixstreamserver")]
    [InlineData("unixdataserver")]
    public async Task An_ordinary_user_cannot_bind_in_a_directory_of_root(string name)
    {
        OrdinaryUser.NeedRoot();
        var directory = Directory.CreateDirectory(_folder["lib"]).FullName;
        File.SetUnixFileMode(directory, (UnixFileMode)Convert.ToInt32("755", 8));
        await using var server = OrdinaryUser.Start(_folder, Programs.Find(name), Path.Join(directory, "server.sock"));
        await server.ExpectExitAsync(1, "bind failed: Permission denied (13)");
        Assert.Empty(Directory.EnumerateFileSystemEntries(directory));
    }

    [Theory(Timeout = 180_000)]
    [InlineData("unixstreamserver", "unixstreamclient")]
    [InlineData("unixdataserver", "unixdataclient")]
    public async Task An_ordinary_user_cannot_connect_to_the_server_of_root(string serverName, string clientName)
    {
        OrdinaryUser.NeedRoot();
        await using var server = RunningProgram.Start(Programs.Find(serverName), _folder["server.sock"]);
        await SocketTable.WaitForServerAsync(_folder["server.sock"]);
        await using var client = OrdinaryUser.Start(_folder, Programs.Find(clientName), _folder["server.sock"]);
        await client.ExpectExitAsync(1, "connect failed: Permission denied (13)");
    }

    [Fact(Timeout = 180_000)]
    public async Task A_socket_file_without_write_permission_rejects_its_owner()
    {
        if (LibcSignal.EffectiveUser() == 0)
            Assert.Skip("run the tests as an ordinary user: root may connect whatever the mode is");
        await using var server = RunningProgram.Start(Programs.StreamServer, _folder["server.sock"]);
        await SocketTable.WaitForServerAsync(_folder["server.sock"]);
        File.SetUnixFileMode(_folder["server.sock"], UnixFileMode.UserRead);
        await using var client = RunningProgram.Start(Programs.StreamClient, _folder["server.sock"]);
        await client.ExpectExitAsync(1, "connect failed: Permission denied (13)");
    }

    [Fact(Timeout = 180_000)]
    public async Task An_invalid_address_is_reported_in_one_line_without_parameter_names()
    {
        foreach (var address in (string[])["", "@", "/tmp/", "/tmp/" + new string('x', 120)])
        {
            await using var server = RunningProgram.Start(Programs.StreamServer, address);
            var line = await server.NextErrorAsync();
            Assert.NotNull(line);
            Assert.DoesNotContain("Parameter", line, StringComparison.Ordinal);
            await server.ExpectExitAsync(1);
        }
    }
}
