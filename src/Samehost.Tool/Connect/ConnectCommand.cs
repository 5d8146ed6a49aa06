using System.CommandLine;
using System.Net.Sockets;
using Samehost.Tool.Cli;

namespace Samehost.Tool.Connect;

/// <summary>The <c>samehost connect</c> command.</summary>
internal static class ConnectCommand
{
    private static readonly TimeSpan DefaultLinger = TimeSpan.FromSeconds(1);

    public static Command Create()
    {
        var address = AddressArgument.Create(
            "ADDRESS", "The server: a path, @name for an abstract name, or fd:N.", ToolAddressKinds.Local | ToolAddressKinds.Descriptor);
        var type = CommandOptions.Type();
        var wait = CommandOptions.Duration(
            "--wait", "How long to wait until the server listens and has room in its backlog: 5s, 200ms.");
        var require = CommandOptions.Policy(
            "--require-server", "Accept only a server run by one of these: root, self, user:NAME…");
        var hex = new Option<bool>("--hex") { Description = "Read lines of hexadecimal digits, and print received data in hexadecimal." };
        var keepOpen = new Option<bool>("--no-half-close")
        {
            Description = "Do not shut down sending at the end of the input; continue until the server ends.",
        };
        var idle = CommandOptions.Duration("--idle-timeout", "Fail when nothing is sent or received for this time.");
        var linger = CommandOptions.Duration(
            "--linger", "Datagrams: how long to wait for answers after the end of the input; 1s unless given.");
        var bind = CommandOptions.Parsed<ToolAddress?>(
            "--bind", "ADDRESS", "Datagrams: our own address, for answers; otherwise the kernel chooses a name.", text =>
            {
                var problem = ToolAddress.Parse(text, ToolAddressKinds.Local, out var read);
                return (read, problem);
            });
        var command = new ToolCommand("connect", "Connect to a server: standard input is sent to it, its output goes to standard output.")
        {
            Examples =
            [
                ("samehost connect app.sock", "type lines, see the answers; Ctrl+D ends"),
                ("samehost connect --wait 5s app.sock < request", "send a file as soon as the server listens"),
                ("samehost connect --require-server root /run/docker.sock", "only if root runs it"),
                ("samehost connect --type datagram --hex dev.sock", "datagrams, in hexadecimal"),
            ],
            Details =
            [
                "At the end of the input the sending direction is shut down, and further output of the server is printed until it ends; "
                + "this suits servers that wait for the end of a request before they answer.",
                "With seqpacket and datagrams each line of the input is one record, without its newline, and each received record is one "
                + "line. Datagrams have no end: after the end of the input answers are received for the time of --linger.",
            ],
        };
        command.Add(address);
        foreach (var option in (Option[])[type, wait, require, hex, keepOpen, idle, linger, bind])
            command.Add(option);
        command.SetAction((parsed, _) =>
        {
            var settings = new ConnectSettings(parsed.GetRequiredValue(address))
            {
                SocketType = parsed.GetValue(type) ?? SocketType.Stream,
                Wait = parsed.GetValue(wait),
                RequireServer = parsed.GetValue(require),
                IsHex = parsed.GetValue(hex),
                HalfClose = !parsed.GetValue(keepOpen),
                IdleTimeout = parsed.GetValue(idle),
                Linger = parsed.GetValue(linger) ?? DefaultLinger,
                Bind = parsed.GetValue(bind)?.Local,
            };
            var isDatagram = settings.SocketType == SocketType.Dgram;
            ThrowUsageErrorIf(isDatagram && settings.RequireServer is not null,
                "--require-server needs a connection: the receiver of a datagram cannot be checked");
            ThrowUsageErrorIf(
                !isDatagram && parsed.GetValue(linger) is not null, "--linger is for --type datagram: a connection has an end");
            ThrowUsageErrorIf(!isDatagram && settings.Bind is not null, "--bind is for --type datagram");
            return CommandRunner.RunAsync(stop => ConnectSession.RunAsync(settings, stop));
        });
        return command;
    }

    private static void ThrowUsageErrorIf(bool condition, string problem)
    {
        if (condition)
            throw new ToolException(problem, ExitStatus.UsageError);
    }
}

/// <summary>The options given to <c>samehost connect</c>.</summary>
internal sealed record ConnectSettings(ToolAddress Address)
{
    public SocketType SocketType { get; init; } = SocketType.Stream;

    /// <summary>How long to wait for a server; null when not given.</summary>
    public TimeSpan? Wait { get; init; }

    public PeerPolicy? RequireServer { get; init; }

    /// <summary>For datagrams: the local address, to which the server replies.</summary>
    public UnixEndPoint? Bind { get; init; }

    public bool IsHex { get; init; }

    public bool HalfClose { get; init; } = true;

    public TimeSpan? IdleTimeout { get; init; }

    /// <summary>For datagrams: how long to receive after the end of the input.</summary>
    public TimeSpan Linger { get; init; }
}
