using System.Net.Sockets;
using Samehost.Tool.Tests.Support;

namespace Samehost.Tool.Tests.Serve;

public sealed class ServeTests : ToolFixture
{
    [Fact(Timeout = 180_000)]
    public async Task An_interactive_server_serves_one_client_and_ends_with_it()
    {
        await using var server = await ServeAsync(At("a.sock"));
        server.Type("from the server");
        server.Input.Close();
        Assert.Equal(new ToolResult(0, "from the server\n", ""), await ConnectAsync("from the client\n", At("a.sock")));
        var result = await server.EndAsync();
        Assert.Equal((0, "from the client\n"), (result.Status, result.Output));
        Assert.Equal($"samehost: serving {At("a.sock")} (stream), open to self,root\n", result.Errors);
        NothingIsLeft();
    }

    [Fact(Timeout = 180_000)]
    public async Task Interactively_the_address_is_removed_at_the_first_client()
    {
        await using var server = await ServeAsync(At("a.sock"));
        using var first = LocalPeer.Connect(At("a.sock"));
        first.Say("here\n");
        await server.ReadUntilAsync("here\n");
        while (File.Exists(At("a.sock")))
            await Task.Yield(); // the endpoint closes while the first client is already served
        Assert.Throws<SocketException>(() => LocalPeer.Connect(At("a.sock")));
        first.Close();
        Assert.Equal(0, (await server.EndAsync()).Status);
    }

    [Fact(Timeout = 180_000)]
    public async Task Interactively_a_client_may_connect_as_soon_as_the_address_exists()
    {
        for (var i = 0; i < 20; i++)
        {
            await using var server = Start("serve", At("a.sock"));
            using var client = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
            while (!client.Connected)
            {
                try
                {
                    client.Connect(new UnixDomainSocketEndPoint(At("a.sock")));
                }
                catch (SocketException)
                {
                    // Not yet.
                }
            }
            client.Close();
            Assert.Equal(
                new ToolResult(0, "", $"samehost: serving {At("a.sock")} (stream), open to self,root\n"), await server.EndAsync());
        }
    }

    [Fact(Timeout = 180_000)]
    public async Task An_echo_serves_many_at_once_and_sends_back_every_byte()
    {
        await using var server = await ServeAsync(At("a.sock"), "--echo");
        Socket[] clients = [.. Enumerable.Range(0, 50).Select(_ => LocalPeer.Connect(At("a.sock")))];
        foreach (var client in clients)
            client.Say("first");
        foreach (var client in clients)
            await client.ExpectAsync("first");
        var much = string.Concat(Enumerable.Range(0, 300_000).Select(number => $"line {number}\n"));
        Assert.Equal(new ToolResult(0, much, ""), await ConnectAsync(much, At("a.sock")));
        Array.ForEach(clients, client => client.Dispose());
        server.Terminate();
        Assert.Equal(0, (await server.EndAsync()).Status);
        NothingIsLeft();
    }

    [Fact(Timeout = 180_000)]
    public async Task With_keep_standard_input_goes_to_all_clients_and_their_data_is_printed()
    {
        await using var server = await ServeAsync(At("a.sock"), "--keep");
        using var one = LocalPeer.Connect(At("a.sock"));
        using var two = LocalPeer.Connect(At("a.sock"));
        one.Say("one is here\n");
        await server.ReadUntilAsync("one is here\n");
        two.Say("two is here\n");
        await server.ReadUntilAsync("two is here\n");
        server.Type("to all");
        await one.ExpectAsync("to all\n");
        await two.ExpectAsync("to all\n");
        one.Close();
        server.Input.Close();
        Assert.Equal("", await two.ReadToEndAsync());
        server.Terminate();
        Assert.Equal(0, (await server.EndAsync()).Status);
        NothingIsLeft();
    }

    [Fact(Timeout = 180_000)]
    public async Task With_keep_a_client_that_half_closes_still_receives_the_rest()
    {
        await using var server = await ServeAsync(At("a.sock"), "-k");
        using var client = LocalPeer.Connect(At("a.sock"));
        client.Say("question\n");
        client.Shutdown(SocketShutdown.Send);
        await server.ReadUntilAsync("question\n");
        server.Type("answer");
        await client.ExpectAsync("answer\n");
    }

    [Theory(Timeout = 180_000)]
    [InlineData("seqpacket")]
    [InlineData("datagram")]
    public async Task Records_are_lines_and_come_back_one_by_one(string type)
    {
        await using var server = await ServeAsync(At("a.sock"), "--type", type, "--echo");
        Assert.Equal(new ToolResult(0, "one\ntwo two\nthree\n", ""),
            await ConnectAsync("one\ntwo two\nthree", At("a.sock"), "--type", type));
        Assert.Equal(new ToolResult(0, "00 ff 0a\n41\n", ""), await ConnectAsync("00 ff 0a\n41\n", At("a.sock"), "--type", type, "--hex"));
        server.Terminate();
        Assert.Equal(0, (await server.EndAsync()).Status);
        NothingIsLeft();
    }

    [Theory(Timeout = 180_000)]
    [InlineData("seqpacket")]
    [InlineData("datagram")]
    public async Task Records_are_typed_and_printed_interactively(string type)
    {
        await using var server = await ServeAsync(At("a.sock"), "--type", type);
        await using var client = Start("connect", At("a.sock"), "--type", type);
        client.Type("question");
        await server.ReadUntilAsync("question\n");
        server.Type("answer");
        await client.ReadUntilAsync("answer\n");
        client.Input.Close();
        server.Input.Close();
        Assert.Equal(new ToolResult(0, "answer\n", ""), await client.EndAsync());
    }

    [Fact(Timeout = 180_000)]
    public async Task A_sender_that_does_not_read_its_echoes_delays_others_once()
    {
        await using var server = await ServeAsync(At("a.sock"), "--type", "datagram", "--echo");
        using var deaf = new Socket(AddressFamily.Unix, SocketType.Dgram, ProtocolType.Unspecified);
        deaf.Bind(new UnixDomainSocketEndPoint(At("deaf.sock")));
        var start = System.Diagnostics.Stopwatch.GetTimestamp();
        for (var i = 0; i < 100; i++)
            deaf.SendTo("hi"u8, new UnixDomainSocketEndPoint(At("a.sock"))); // blocks while the server blocks
        await using var client = Start("connect", At("a.sock"), "--type", "datagram");
        client.Type("me too");
        await client.ReadUntilAsync("me too\n");
        // A second for each of those that do not fit into its queue would be more than a minute.
        Assert.True(System.Diagnostics.Stopwatch.GetElapsedTime(start) < TimeSpan.FromSeconds(40));
    }

    [Fact(Timeout = 180_000)]
    public async Task An_abstract_name_serves_only_the_same_user_by_default()
    {
        var name = $"@tooltest-{Guid.NewGuid():N}";
        await using var server = await ServeAsync(name, "--echo");
        Assert.Equal(new ToolResult(0, "hi\n", ""), await ConnectAsync("hi\n", name));
        server.Terminate();
        Assert.Equal($"samehost: serving {name} (stream), open to self,root\n", (await server.EndAsync()).Errors);
    }

    [Fact(Timeout = 180_000)]
    public async Task Data_that_has_arrived_is_answered_before_a_signal_ends_it()
    {
        await using var server = await ServeAsync(At("a.sock"), "--echo");
        using var client = LocalPeer.Connect(At("a.sock"));
        client.Say("first");
        await client.ExpectAsync("first");
        server.Terminate();
        Assert.Equal("", await client.ReadToEndAsync());
        Assert.Equal(0, (await server.EndAsync()).Status);
        NothingIsLeft();
    }

    [Theory(Timeout = 180_000)]
    [InlineData("--idle-timeout")]
    [InlineData("--time-limit")]
    public async Task A_client_is_closed_at_the_time_limit(string option)
    {
        await using var server = await ServeAsync(At("a.sock"), "--echo", option, "100ms");
        using var client = LocalPeer.Connect(At("a.sock"));
        Assert.Equal("", await client.ReadToEndAsync());
    }

    [Fact(Timeout = 180_000)]
    public async Task The_mode_is_that_of_the_file()
    {
        await using var server = await ServeAsync(At("a.sock"), "--echo", "--mode", "0660");
        Assert.Equal((UnixFileMode)Convert.ToInt32("660", 8), File.GetUnixFileMode(At("a.sock")));
        await using var other = await ServeAsync(At("b.sock"), "--echo");
        Assert.Equal((UnixFileMode)Convert.ToInt32("600", 8), File.GetUnixFileMode(At("b.sock")));
    }

    [Fact(Timeout = 180_000)]
    public async Task A_successor_accepts_the_handover_and_the_clients_of_both_are_served()
    {
        await using var first = await ServeAsync(At("a.sock"), "--echo", "--handover");
        using var old = LocalPeer.Connect(At("a.sock"));
        old.Say("before");
        await old.ExpectAsync("before");
        await using var second = Start("serve", At("a.sock"), "--echo", "--handover");
        await second.ReadErrorsUntilAsync("open to self,root, after a handover\n");
        old.Say("after");
        await old.ExpectAsync("after");
        Assert.Equal(new ToolResult(0, "new\n", ""), await ConnectAsync("new\n", At("a.sock")));
        old.Close();
        var result = await first.EndAsync();
        Assert.Equal(0, result.Status);
        Assert.EndsWith("samehost: handed over, and the last client has disconnected\n", result.Errors, StringComparison.Ordinal);
        second.Terminate();
        Assert.Equal(0, (await second.EndAsync()).Status);
        NothingIsLeft();
    }
}
