using System.Net.Sockets;
using Samehost.Tool.Tests.Support;

namespace Samehost.Tool.Tests.Connect;

public sealed class ConnectTests : ToolFixture
{
    [Fact(Timeout = 180_000)]
    public async Task The_end_of_the_input_reaches_the_server_which_answers_afterwards()
    {
        using var listener = LocalPeer.Listen(At("a.sock"));
        await using var client = Start("connect", At("a.sock"));
        client.Type("question");
        client.Input.Close();
        using var server = await listener.AcceptAsync(TestContext.Current.CancellationToken);
        Assert.Equal("question\n", await server.ReadToEndAsync());
        server.Say("answer\n");
        server.Close();
        Assert.Equal(new ToolResult(0, "answer\n", ""), await client.EndAsync());
    }

    [Fact(Timeout = 180_000)]
    public async Task Without_half_close_the_server_ends_the_connection()
    {
        using var listener = LocalPeer.Listen(At("a.sock"));
        await using var client = Start("connect", At("a.sock"), "--no-half-close");
        client.Type("question");
        client.Input.Close();
        using var server = await listener.AcceptAsync(TestContext.Current.CancellationToken);
        await server.ExpectAsync("question\n");
        server.Say("answer\n");
        await client.ReadUntilAsync("answer\n");
        Assert.False(server.Poll(0, SelectMode.SelectRead)); // no end of stream
        server.Close();
        Assert.Equal(new ToolResult(0, "answer\n", ""), await client.EndAsync());
    }

    [Fact(Timeout = 180_000)]
    public async Task A_server_that_has_shut_down_sending_still_gets_all_input()
    {
        using var listener = LocalPeer.Listen(At("a.sock"));
        await using var client = Start("connect", At("a.sock"));
        using var server = await listener.AcceptAsync(TestContext.Current.CancellationToken);
        server.Shutdown(SocketShutdown.Send);
        string much = new('x', 3_000_000);
        var typing = Task.Run(() =>
        {
            client.Type(much);
            client.Input.Close();
        }, TestContext.Current.CancellationToken);
        Assert.Equal(much + "\n", await server.ReadToEndAsync());
        await typing;
        Assert.Equal(new ToolResult(0, "", ""), await client.EndAsync());
    }

    [Fact(Timeout = 180_000)]
    public async Task A_server_that_closes_ends_the_client_although_the_input_continues()
    {
        using var listener = LocalPeer.Listen(At("a.sock"));
        await using var client = Start("connect", At("a.sock"));
        using (var server = await listener.AcceptAsync(TestContext.Current.CancellationToken))
            server.Say("bye\n");
        Assert.Equal(new ToolResult(0, "bye\n", ""), await client.EndAsync());
    }

    [Fact(Timeout = 180_000)]
    public async Task The_client_waits_until_the_server_listens()
    {
        foreach (var type in (string[])["stream", "seqpacket", "datagram"])
        {
            await using var client = Start("connect", "--wait", "50s", "--type", type, At(type));
            client.Type("hi");
            client.Input.Close();
            await using var server = await ServeAsync(At(type), "--type", type, "--echo");
            Assert.Equal(new ToolResult(0, "hi\n", ""), await client.EndAsync());
        }
    }

    [Fact(Timeout = 180_000)]
    public async Task Hexadecimal_works_in_both_directions()
    {
        await using var server = await ServeAsync(At("a.sock"), "--echo");
        var result = await ConnectAsync("00010203 48692c20 c3a9\n\r\n7F\n", At("a.sock"), "--hex");
        Assert.Equal((0, ""), (result.Status, result.Errors));
        // Where rows break depends on the received pieces; their order and digits do not.
        Assert.StartsWith("00000000  00 01 02 03 48 69 2c 20 c3 a9", result.Output, StringComparison.Ordinal);
        Assert.Contains("|....Hi, ..", result.Output, StringComparison.Ordinal);
        Assert.Equal(
            "00 01 02 03 48 69 2c 20 c3 a9 7f",
            string.Join(' ', result.Lines.Select(line => line[10..line.IndexOf('|', StringComparison.Ordinal)].Trim())));
    }

    [Theory(Timeout = 180_000)]
    [InlineData("4\0\n")]
    [InlineData("41 4\0\n")]
    [InlineData("+4\n")]
    [InlineData("4")]
    public async Task Input_without_two_digits_a_byte_is_not_hexadecimal(string input)
    {
        await using var server = await ServeAsync(At("a.sock"), "--echo");
        var result = await ConnectAsync(input, At("a.sock"), "--hex");
        Assert.Equal(1, result.Status);
        Assert.StartsWith("samehost: line 1 of the input is not hexadecimal", result.Errors, StringComparison.Ordinal);
    }

    [Fact(Timeout = 180_000)]
    public async Task A_long_record_arrives_whole()
    {
        await using var server = await ServeAsync(At("a.sock"), "--type", "seqpacket", "--echo");
        string record = new('r', 100_000);
        Assert.Equal(new ToolResult(0, $"{record}\nend\n", ""),
            await ConnectAsync($"{record}\nend\n", At("a.sock"), "--type", "seqpacket"));
    }

    [Fact(Timeout = 180_000)]
    public async Task A_datagram_client_has_the_given_address()
    {
        await using var server = await ServeAsync(At("a.sock"), "--type", "datagram");
        await using var client = Start("connect", At("a.sock"), "--type", "datagram", "--bind", At("me.sock"));
        client.Type("hi");
        await server.ReadUntilAsync("hi\n");
        Assert.True(File.Exists(At("me.sock")));
        client.Input.Close();
        Assert.Equal(0, (await client.EndAsync()).Status);
        Assert.False(File.Exists(At("me.sock")));
    }

    [Fact(Timeout = 180_000)]
    public async Task A_connected_descriptor_is_used_as_it_is()
    {
        // The program of a connection uses the descriptor by its number, and writes its input to a file before it ends.
        const string Script = "exec 3<&0; echo question | \"$0\" connect fd:3 > \"$1\"";
        await using var server = await ServeAsync(At("a.sock"), "-v", "--exec", "sh", "-c", Script, Tool, At("answer"));
        Assert.Equal(new ToolResult(0, "question\n", ""), await ConnectAsync("answer\n", At("a.sock")));
        await server.ReadErrorsUntilAsync("with status 0\n");
        Assert.Equal("answer\n", File.ReadAllText(At("answer")));
    }
}
