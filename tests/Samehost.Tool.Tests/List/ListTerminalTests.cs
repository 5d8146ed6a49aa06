using System.Net.Sockets;
using System.Text.RegularExpressions;
using Samehost.Tests.Support;
using Samehost.Tool.Tests.Support;

namespace Samehost.Tool.Tests.List;

/// <summary><c>samehost list</c> in a real terminal.</summary>
[Collection(NonParallel.Name)]
public sealed class ListTerminalTests : ListFixture
{
    [Fact(Timeout = Limit)]
    public async Task Watching_draws_changes_and_ctrl_c_restores_the_terminal()
    {
        using var listener = Listen("a");
        await using var terminal = OpenTerminal();
        await terminal.RunAsync("stty -a > before");
        await terminal.RunAsync($"samehost list {At("a")} --watch --interval 20ms");
        await terminal.ShowsAsync("samehost list: 1 row");
        await terminal.ShowsAsync("listening");
        Assert.DoesNotContain("1 rows", terminal.Raw, StringComparison.Ordinal);
        var first = terminal.Raw.Length;
        using var client = Connect("a");
        await terminal.ShowsAsync("waiting");
        var change = terminal.Raw[first..];
        Assert.DoesNotContain("\e[2J", change, StringComparison.Ordinal);
        terminal.Interrupt();
        await terminal.ShowsAsync("\e[?7h\e[?25h\e[?1049l");
        await terminal.RunAsync("echo status $?; stty -a | cmp - before && echo same");
        await terminal.ShowsAsync("status 0\nsame");
    }

    [Fact(Timeout = Limit)]
    public async Task The_session_in_the_docs_is_what_a_terminal_shows()
    {
        using var listener = Listen("chat.sock");
        await using var client = StartProgram(ForeignProgram.Socat, "STDIO", $"UNIX-CONNECT:{At("chat.sock")}");
        using var server = await listener.AcceptAsync(TestContext.Current.CancellationToken);
        server.Send("Hi\n"u8);
        await client.ReadUntilAsync("Hi\n");
        client.Input.Write("unread\n"u8);
        client.Input.Flush();
        while (server.Available == 0)
            Assert.True(server.Poll(-1, SelectMode.SelectRead));
        await LeaveBehindAsync("old.sock");

        await using var terminal = OpenTerminal();
        await terminal.RunAsync($"samehost list {Temporary}");
        await terminal.RunAsync($"samehost list {Temporary} --graph mermaid");
        await terminal.PromptAsync();
        Page.Shows("list.md", "session", ForEverybody(terminal.Transcript));
    }

    /// <summary>Removes what differs between machines and runs: paths, numbers, users.</summary>
    private string ForEverybody(string transcript)
    {
        var text = transcript.Replace(Temporary, "/run/demo", StringComparison.Ordinal)
            .Replace(Us, "chatd(812) root", StringComparison.Ordinal)
            .Replace($"file of {Environment.UserName}", "file of root", StringComparison.Ordinal);
        text = Regex.Replace(text, @$"socat\(\d+\) {Regex.Escape(Environment.UserName)}", "socat(901) root");
        var lines = text.Split('\n');
        string[][] table = [.. lines.Where(IsRow).Select(Cells)];
        var row = 0;
        return string.Join('\n', lines.Select(line => IsRow(line) ? Align(table, row++) : line));
    }

    private static bool IsRow(string line) => !line.StartsWith('$') && Cells(line).Length == 6;

    private static string Align(string[][] table, int row) =>
        string.Join("  ", table[row].Select((cell, i) => i == 5 ? cell : cell.PadRight(table.Max(r => r[i].Length))));
}
