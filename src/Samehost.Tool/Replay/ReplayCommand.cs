using System.CommandLine;
using Samehost.Tool.Cli;

namespace Samehost.Tool.Replay;

/// <summary>The <c>samehost replay</c> command.</summary>
internal static class ReplayCommand
{
    private static readonly TimeSpan DefaultAnswerTimeout = TimeSpan.FromSeconds(10);

    private static readonly Argument<string> File = new("FILE")
    {
        Description = "What 'samehost relay --record' wrote; - is standard input.",
    };

    private static readonly Argument<ToolAddress> Address = AddressArgument.Create(
        "ADDRESS", "The server: a path, @name or tcp:HOST:PORT. With --as-server, where to listen.",
        ToolAddressKinds.Local | ToolAddressKinds.Tcp);

    private static readonly Option<bool> AsServer = new("--as-server")
    {
        Description = "Be the server instead: listen at ADDRESS and answer as recorded.",
    };

    private static readonly Option<TimeSpan?> Wait = CommandOptions.Duration(
        "--wait", "How long to wait for a server that does not listen yet.");

    private static readonly Option<TimeSpan?> AnswerTimeout =
        CommandOptions.Duration("--patience", "How long an answer may take until it counts as missing (10s by default).");

    private static readonly Option<PeerPolicy?> Allow =
        CommandOptions.Policy("--allow", "With --as-server: which local clients are answered ('self,root' by default).");

    private static readonly Option<UnixFileMode?> Mode =
        FileModeOption.Create("With --as-server: permissions of the socket file, in octal (0600 by default).");

    private static readonly Option<bool> Quiet = new("--quiet", "-q") { Description = "Print differences only." };

    public static Command Create()
    {
        var command = new ToolCommand("replay", "Repeat a recorded session and compare the answers.")
        {
            Examples =
            [
                ("samehost replay talk /run/app.sock", "does it still answer the same?"),
                ("samehost replay talk /tmp/a --as-server", "stand in for the server"),
            ],
            Details =
            [
                "As a client, it opens the recorded connections, sends what the clients sent and compares what comes back, byte by byte "
                + "(record by record for datagrams and seqpacket). Nothing is sent before everything that was received earlier has "
                + "arrived.",
                "The exit status is 1 at the first difference, which is reported with the connection, the line of the recording and both "
                + "texts. Descriptors are not in a recording, only their kinds.",
            ],
        };
        command.Add(File);
        command.Add(Address);
        foreach (var option in new Option[] { AsServer, Wait, AnswerTimeout, Allow, Mode, Quiet })
            command.Add(option);
        command.SetAction((parsed, _) => RunAsync(parsed));
        return command;
    }

    private static async Task<int> RunAsync(ParseResult parsed)
    {
        var file = new SocketFileOptions();
        if (parsed.GetValue(Mode) is { } mode)
            file.Mode = mode;
        var options = new ReplayOptions(
            parsed.GetValue(Wait), parsed.GetValue(AnswerTimeout) ?? DefaultAnswerTimeout, file, parsed.GetValue(Allow),
            parsed.GetValue(Quiet));
        var replay = new Replayer(await Recording.ReadAsync(parsed.GetValue(File)!), parsed.GetValue(Address)!, options);
        return await (parsed.GetValue(AsServer)
            ? CommandRunner.RunServerAsync(replay.AsServerAsync)
            : CommandRunner.RunAsync(replay.AsClientAsync));
    }
}
