using Samehost.Tool.Tests.Support;

namespace Samehost.Tool.Tests.Connect;

/// <summary>The terminal sessions of docs/tool/connect.md, run and compared.</summary>
public sealed class ConnectSessionTests : ToolFixture
{
    [Fact(Timeout = 180_000)]
    public async Task Typed_lines_are_answered()
    {
        await using var server = await ServeAsync(At("app.sock"), "--exec", "rev");
        await using var client = OpenTerminal();
        await client.RunAsync("samehost connect app.sock");
        await client.TypeAsync("hello");
        client.EndInput();
        await client.ShowsAsync("olleh\n");
        await client.PromptAsync();
        await client.TypeAsync("samehost connect --hex app.sock");
        await client.TypeAsync("31 32 33 0a");
        client.EndInput();
        await client.ShowsAsync("|321.|\n");
        await client.PromptAsync();
        Shows("typed", client);
    }

    [Fact(Timeout = 180_000)]
    public async Task Errors_are_printed_with_hints()
    {
        await using var server = await ServeAsync(At("records.sock"), "--type", "seqpacket", "--echo");
        await using var client = OpenTerminal();
        await client.RunAsync("samehost connect app.sock");
        await client.RunAsync("samehost connect records.sock");
        await client.RunAsync("samehost connect --type seqpacket records.sock");
        await client.TypeAsync("one record");
        await client.ShowsAsync("one record\n");
        client.Interrupt();
        await client.PromptAsync();
        Shows("failures", client);
    }

    [Fact(Timeout = 180_000)]
    public async Task The_client_waits_for_a_server_that_starts_later()
    {
        await using var client = OpenTerminal();
        await client.RunAsync("echo now | samehost connect --wait 50s app.sock");
        await using var server = await ServeAsync(At("app.sock"), "--echo");
        await client.PromptAsync();
        Shows("wait", client);
    }

    private void Shows(string name, TerminalSession session) =>
        Page.Shows("connect.md", name, session.Transcript.Replace(Temporary, "/home/alice", StringComparison.Ordinal));
}
