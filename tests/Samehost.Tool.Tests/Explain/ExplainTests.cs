using System.Net.Sockets;
using System.Text.Json;
using System.Text.RegularExpressions;
using Samehost.Tool.Tests.Support;

namespace Samehost.Tool.Tests.Explain;

public sealed partial class ExplainTests : ToolFixture
{
    [Fact(Timeout = 180_000)]
    public async Task A_call_that_would_work_has_the_server_and_status_0()
    {
        using var server = Listen("app.sock");
        var result = await RunAsync("explain", At("app.sock"));
        File.Delete(At("app.sock"));

        Assert.Equal((0, ""), (result.Status, result.Errors));
        Assert.Contains("connect would work", result.Output, StringComparison.Ordinal);
        Assert.Contains($"({Environment.ProcessId})", result.Output, StringComparison.Ordinal);
        Assert.All(result.Lines.Where(l => l.StartsWith("  ", StringComparison.Ordinal) && l.Contains('/')), l => Assert.Contains('✓', l));
    }

    [Fact(Timeout = 180_000)]
    public async Task A_call_that_would_fail_has_the_errno_and_status_1()
    {
        var result = await RunAsync("explain", At("app.sock"));

        Assert.Equal((1, ""), (result.Status, result.Errors));
        Assert.Contains("connect would fail: No such file or directory (ENOENT, 2)", result.Output, StringComparison.Ordinal);
        Assert.Contains("✗", result.Lines.Single(l => l.Contains("missing", StringComparison.Ordinal)), StringComparison.Ordinal);
        Assert.DoesNotContain('\e', result.Output);
    }

    [Fact(Timeout = 180_000)]
    public async Task An_explanation_can_be_printed_as_JSON()
    {
        using var server = Listen("app.sock");
        var result = await RunAsync("explain", At("app.sock"), "--type", "datagram", "--no-connect", "--json");
        File.Delete(At("app.sock"));

        Assert.Equal((1, ""), (result.Status, result.Errors));
        var explained = JsonDocument.Parse(result.Output).RootElement;
        var verdict = explained.GetProperty("verdict");
        Assert.Equal("datagram", explained.GetProperty("type").GetString());
        Assert.Equal("stream", explained.GetProperty("socket").GetProperty("type").GetString());
        Assert.Equal(("fails", "EPROTOTYPE"), (verdict.GetProperty("outcome").GetString(), verdict.GetProperty("errno").GetString()));
        Assert.Equal(91, verdict.GetProperty("errnoNumber").GetInt32());
        var step = explained.GetProperty("walk").EnumerateArray().Last();
        Assert.Equal(("socket", At("app.sock")), (step.GetProperty("kind").GetString(), step.GetProperty("path").GetString()));
    }

    [Fact(Timeout = 180_000)]
    public async Task Names_chosen_by_other_programs_are_escaped()
    {
        var hostile = At("a\n\e[31mb\u202e");
        File.WriteAllText(hostile, "");
        ToolResult plain = await RunAsync("explain", hostile), json = await RunAsync("explain", hostile, "--json");
        var similar = await RunAsync("explain", At("a\n\e[31mc\u202e"));
        File.Delete(hostile);

        Assert.Contains("a\\x0a\\x1b[31mb\\xe2\\x80\\xae", plain.Output, StringComparison.Ordinal);
        Assert.Contains("similar", similar.Output, StringComparison.Ordinal);
        foreach (var result in (ToolResult[])[plain, json, similar])
        {
            Assert.DoesNotContain('\e', result.Output);
            Assert.DoesNotContain('\u202e', result.Output);
        }
        Assert.Equal(JsonValueKind.Object, JsonDocument.Parse(json.Output).RootElement.ValueKind);
    }

    [Theory(Timeout = 180_000)]
    [InlineData("/")]
    [InlineData("/unix:")]
    public async Task A_name_that_is_not_UTF8_keeps_its_bytes(string prefix)
    {
        using var server = Listen("app.sock");
        const string Script = "cd \"$1\" && mv app.sock \"$(printf 'a\\377')\" && exec \"$0\" explain \"${2#/}$PWD/$(printf 'a\\377')\"";
        await using var run = StartProgram("sh", "-c", Script, Tool, Temporary, prefix);
        var result = await run.EndAsync();
        await using var removed = StartProgram("sh", "-c", "rm \"$0\"/a*", Temporary);
        await removed.EndAsync();

        Assert.Equal((0, ""), (result.Status, result.Errors));
        Assert.Contains(At("a\\xff"), result.Output, StringComparison.Ordinal);
    }

    [Theory(Timeout = 180_000)]
    [InlineData("'explain'", "explain")]
    [InlineData("no such user", "explain", "/run/x", "--user", "no such user")]
    [InlineData("is not a socket type", "explain", "/run/x", "--type", "raw")]
    [InlineData("empty", "explain", "@")]
    [InlineData("host", "explain", "unix://run/x")]
    [InlineData("tcp:localhost:80", "explain", "tcp:localhost:80")]
    public async Task Wrong_usage_is_one_line_and_status_2(string named, params string[] arguments)
    {
        var result = await RunAsync(arguments);
        Assert.Equal((2, ""), (result.Status, result.Output));
        Assert.Contains(named, Assert.Single(result.Errors.TrimEnd('\n').Split('\n')), StringComparison.OrdinalIgnoreCase);
    }

    [Fact(Timeout = 180_000)]
    public async Task A_full_disk_is_an_error_and_status_1()
    {
        await using var run = StartProgram("sh", "-c", "exec \"$0\" explain /run/x > /dev/full", Tool);
        Assert.Equal(new ToolResult(1, "", "samehost: write failed: No space left on device (28)\n"), await run.EndAsync());
    }

    [Fact(Timeout = 180_000)]
    public async Task The_session_on_the_page_is_what_a_terminal_shows()
    {
        Assert.SkipUnless(Environment.IsPrivilegedProcess, "run the tests as root: the session has a file system of its own");
        // In a mount namespace of its own the paths, owners and file systems are the same everywhere.
        await using var terminal = new TerminalSession(
            Temporary, "unshare --mount sh -c 'umask 022; mount -t tmpfs -o mode=755 none /srv && exec \"$@\"' sh env ");
        await terminal.RunAsync("mkdir -m 750 /srv/app; touch /srv/app/app.socket");
        await terminal.RunAsync("samehost explain /srv/app/app.sock --user nobody");
        await terminal.RunAsync("chmod 755 /srv/app; samehost explain /srv/app/app.sock --user nobody");
        await terminal.RunAsync("samehost explain --bind /srv/app/app.sock; echo $?");
        await terminal.PromptAsync();

        Assert.Contains("\e[31m✗\e[0m", terminal.Raw, StringComparison.Ordinal);
        Page.Shows("explain.md", "explain", RootFileSystem().Replace(terminal.Transcript, "  ext4"));
    }

    private Socket Listen(string name)
    {
        var server = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        server.Bind(new UnixDomainSocketEndPoint(At(name)));
        server.Listen(5);
        return server;
    }

    /// <summary>The machine's own root.</summary>
    [GeneratedRegex(@"(?<=✓ / .*)  \w+$", RegexOptions.Multiline)]
    private static partial Regex RootFileSystem();
}
