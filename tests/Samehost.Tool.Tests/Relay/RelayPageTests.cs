using System.Net.Sockets;
using System.Text.RegularExpressions;
using Samehost.Tool.Tests.Support;

namespace Samehost.Tool.Tests.Relay;

/// <summary>The sessions on the page are what a terminal showed, with one directory, time, user and process for all.</summary>
public sealed class RelayPageTests : RelayFixture
{
    [Fact(Timeout = 180_000)]
    public async Task The_page_shows_a_dump_and_a_replay()
    {
        using var listener = Listen(Local(Path.Join(Temporary, "app.sock")));
        var serving = ServeAsync(listener, "HELLO, relay\n"u8.ToArray());
        await using (var terminal = OpenTerminal())
        {
            await terminal.RunAsync("cd " + Temporary);
            await terminal.RunAsync("samehost relay --once --dump text --record talk.jsonl $PWD/new.sock $PWD/app.sock");
            await terminal.ShowsAsync("relaying");
            using (var client = await ConnectAsync(Local(Path.Join(Temporary, "new.sock"))))
            {
                await SendAllAsync(client, "hello, \trelay\n"u8.ToArray());
                client.Shutdown(SocketShutdown.Send);
                Assert.NotEmpty(await ReceiveAllAsync(client));
            }
            await terminal.PromptAsync();
            Page.Shows("relay.md", "relay", Plain(terminal.Transcript));
        }
        await serving;

        serving = ServeAsync(listener, "HELLO, relay\n"u8.ToArray());
        await using (var terminal = OpenTerminal())
        {
            await terminal.RunAsync("cd " + Temporary);
            await terminal.RunAsync("samehost replay talk.jsonl $PWD/app.sock; echo $?");
            await terminal.ShowsAsync("0\n");
            await serving;
            serving = ServeAsync(listener, "HELLO, delay\n"u8.ToArray());
            await terminal.RunAsync("samehost replay talk.jsonl $PWD/app.sock; echo $?");
            await terminal.PromptAsync();
            await serving;
            Page.Shows("relay.md", "replay", Plain(terminal.Transcript));
        }
    }

    private string Plain(string transcript)
    {
        var text = transcript.Replace("$ cd " + Temporary + "\n", "", StringComparison.Ordinal)
            .Replace(Temporary, "/run/app", StringComparison.Ordinal);
        text = Regex.Replace(text, @"\d\d:\d\d:\d\d\.\d{6}", "12:34:56.789012");
        text = Regex.Replace(text, @"(?<=credentials )\(uid \d+, gid \d+, pid \d+\)", "(uid 1000, gid 1000, pid 4242)");
        return Regex.Replace(text, @"(?<=from )\w* ?\(uid \d+, gid \d+, pid \d+\)", "ada (uid 1000, gid 1000, pid 4711)");
    }

    private static async Task ServeAsync(Socket listener, byte[] answer)
    {
        using var server = await listener.AcceptAsync(Stop);
        await ReceiveAllAsync(server);
        await SendAllAsync(server, answer);
    }
}
