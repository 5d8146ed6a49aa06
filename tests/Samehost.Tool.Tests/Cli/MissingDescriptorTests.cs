using Samehost.Tool.Tests.Support;

namespace Samehost.Tool.Tests.Cli;

/// <summary>Started without standard input, output or error, whose numbers the next opened files would get.</summary>
public sealed class MissingDescriptorTests : ToolFixture
{
    [Theory(Timeout = 180_000)]
    [InlineData("serve \"$1\" --echo -v")]
    [InlineData("serve \"$1\" -v --exec cat")]
    public async Task Output_for_standard_error_reaches_no_client(string arguments)
    {
        await using var server = StartProgram("sh", "-c", $"exec \"$0\" {arguments} <&- >&- 2>&-", Tool, At("a.sock"));
        for (var i = 0; i < 5; i++)
            Assert.Equal(new ToolResult(0, "hello\n", ""), await ConnectAsync("hello\n", At("a.sock"), "--wait", "60s"));
        server.Terminate();
        Assert.Equal(0, (await server.EndAsync()).Status);
        NothingIsLeft();
    }

    [Fact(Timeout = 180_000)]
    public async Task Output_to_a_closed_descriptor_is_an_error()
    {
        await using var server = StartProgram("sh", "-c", "exec \"$0\" serve \"$1\" >&-", Tool, At("a.sock"));
        await server.ReadErrorsUntilAsync("serving");
        using var client = LocalPeer.Connect(At("a.sock"));
        client.Say("hi\n");
        var result = await server.EndAsync();
        Assert.Equal(1, result.Status);
        Assert.EndsWith("samehost: write failed: Bad file descriptor (9)\n", result.Errors, StringComparison.Ordinal);
        NothingIsLeft();
    }

    [Fact(Timeout = 180_000)]
    public async Task A_relay_without_descriptors_relays_only_bytes()
    {
        await using var server = await ServeAsync(At("a.sock"), "--echo");
        await using var relay = StartProgram(
            "sh", "-c", "exec \"$0\" relay \"$1\" \"$2\" <&- >&- 2>&-", Tool, At("b.sock"), At("a.sock"));
        Assert.Equal(new ToolResult(0, "hello\n", ""), await ConnectAsync("hello\n", At("b.sock"), "--wait", "60s"));
    }
}
