using Samehost.Tool.Tests.Support;

namespace Samehost.Tool.Tests.Serve;

/// <summary>The terminal sessions of docs/tool/serve.md, run and compared.</summary>
public sealed class ServeSessionTests : ToolFixture
{
    [Fact(Timeout = 180_000)]
    public async Task Interactive_session()
    {
        await using var server = OpenTerminal();
        await using var client = OpenTerminal();
        await server.RunAsync("samehost serve app.sock");
        await server.ShowsAsync("self,root\n");
        await client.RunAsync("samehost connect app.sock");
        await client.TypeAsync("are you there?");
        await server.ShowsAsync("are you there?\n");
        await server.TypeAsync("yes, I am");
        await client.ShowsAsync("yes, I am\n");
        server.EndInput();
        client.EndInput();
        await server.PromptAsync();
        await client.PromptAsync();
        Shows("by-hand", server);
        Shows("by-hand-client", client);
        NothingIsLeft();
    }

    [Fact(Timeout = 180_000)]
    public async Task A_program_serves_a_client_and_Ctrl_C_ends_the_server()
    {
        await using var server = OpenTerminal();
        await using var client = OpenTerminal();
        await server.RunAsync("samehost serve app.sock --exec sh -c 'echo Hello, user $IPCREMOTEEUID; rev'");
        await server.ShowsAsync("self,root\n");
        await client.RunAsync("printf 'one\\ntwo\\n' | samehost connect app.sock");
        await client.PromptAsync();
        await client.TypeAsync("samehost serve app.sock --echo");
        await client.PromptAsync();
        server.Interrupt();
        await server.ShowsAsync("^C");
        await server.PromptAsync();
        await server.TypeAsync("echo $?; ls app.sock");
        await server.PromptAsync();
        var user = Environment.IsPrivilegedProcess ? "0" : "65534";
        Page.Shows("serve.md", "program", Plain(server));
        Page.Shows("serve.md", "program-client", System.Text.RegularExpressions.Regex.Replace(
            Plain(client).Replace($"Hello, user {user}\n", "Hello, user 1000\n", StringComparison.Ordinal),
                @"pid \d+ \(samehost\), user \w+",
            "pid 4711 (samehost), user alice"));
        NothingIsLeft();
    }

    [Fact(Timeout = 180_000)]
    public async Task A_second_process_accepts_the_handover()
    {
        await using var old = OpenTerminal();
        await using var successor = OpenTerminal();
        await old.RunAsync("samehost serve app.sock --echo --handover");
        await old.ShowsAsync("self,root\n");
        await successor.RunAsync("samehost serve app.sock --echo --handover");
        await successor.ShowsAsync("after a handover\n");
        await old.PromptAsync();
        Shows("handover", old);
        Shows("handover-successor", successor);
    }

    [Fact(Timeout = 180_000)]
    public async Task Ctrl_C_before_the_first_client_leaves_no_file()
    {
        await using var server = OpenTerminal();
        await server.RunAsync("samehost serve app.sock");
        await server.ShowsAsync("self,root\n");
        server.Interrupt();
        await server.PromptAsync();
        await server.TypeAsync("echo $?");
        await server.ShowsAsync("130\n");
        NothingIsLeft();
    }

    private string Plain(TerminalSession session) => session.Transcript.Replace(Temporary, "/home/alice", StringComparison.Ordinal);

    private void Shows(string name, TerminalSession session) => Page.Shows("serve.md", name, Plain(session));
}
