using System.CommandLine;
using Samehost.Tool.Cli;

namespace Samehost.Tool.Serve;

/// <summary>The <c>samehost serve</c> command.</summary>
internal static class ServeCommand
{
    private const ToolAddressKinds Kinds = ToolAddressKinds.Local | ToolAddressKinds.Descriptor | ToolAddressKinds.Systemd;

    private static readonly TimeSpan DefaultDrain = TimeSpan.FromSeconds(5);

    public static Command Create()
    {
        var address = AddressArgument.CreateOptional(
            "ADDRESS", "Where to listen: a path, @name, fd:N, or systemd:NAME; when left out, what a service manager passes.", Kinds);
        var echo = new Option<bool>("--echo") { Description = "Send everything back." };
        var exec = new TrailingCommandOption("--exec")
        {
            Description = "Run this program for each connection, which is its standard input and output; the last option.",
            HelpName = "COMMAND…",
        };
        var keep = new Option<bool>("--keep", "-k") { Description = "Continue after the first client, and serve many at once." };
        var type = CommandOptions.Type();
        var allow = CommandOptions.Policy(
            "--allow", "Who may connect: self, root, user:NAME, uid:N, group:NAME, gid:N, anyone, with commas; self,root unless given.");
        var mode = FileModeOption.Create("Mode of the socket file; 0600 unless given.");
        var group = new Option<string?>("--group")
        {
            Description = "Group of the socket file, for a mode such as 0660.",
            HelpName = "GROUP",
        };
        var most = CommandOptions.Number("--max-connections", "N", "How many clients at once; others wait. 4096 unless given.", 1,
            1_000_000);
        var mostPerUser = CommandOptions.Number(
            "--max-per-user", "N", "How many of them may be one user's; others are refused. 1024 unless given.", 1, 1_000_000);
        var idle = CommandOptions.Duration("--idle-timeout",
            "Close a connection on which nothing is sent or received for this time.");
        var limit = CommandOptions.Duration("--time-limit", "Close a connection after this time, and end its program.");
        var drain = CommandOptions.Duration(
            "--drain", "How long clients may continue after Ctrl+C or SIGTERM; 5s unless given.");
        var handover = new Option<bool>("--handover")
        {
            Description = "Accept the handover of a running server that was started with this option, without refusing a client; "
                + "then offer one to the next server.",
        };
        var hex = new Option<bool>("--hex") { Description = "Print received data in hexadecimal, and read lines of hexadecimal digits." };
        var quiet = new Option<bool>("--quiet", "-q") { Description = "Print errors only." };
        var verbose = new Option<bool>("--verbose", "-v") { Description = "Log each connection." };

        var command = new ToolCommand("serve", "Serve a local socket: interactively, as an echo server, or with a program.")
        {
            Examples =
            [
                ("samehost serve app.sock", "one client, interactively: as nc -lU"),
                ("samehost serve app.sock --exec sh -c 'id; cat'", "a process for each client"),
                ("samehost serve app.sock --keep > log", "collect the data of many clients"),
                ("samehost serve @app --allow anyone --echo", "an echo for all users, at an abstract name"),
                ("systemd-socket-activate -l /run/a samehost serve --echo", "with a service manager's socket"),
            ],
            Details = ServeManual.Paragraphs,
        };
        command.Add(address);
        Option[] options = [echo, keep, type, allow, mode, group, most, mostPerUser, idle, limit, drain, handover, hex, quiet, verbose,
            exec];
        foreach (var option in options)
            command.Add(option);
        command.SetAction((parsed, _) =>
        {
            var settings = new ServeSettings
            {
                Address = parsed.GetValue(address),
                SocketType = parsed.GetValue(type),
                Echo = parsed.GetValue(echo),
                Command = parsed.GetValue(exec) is { Length: > 0 } program ? program : null,
                Keep = parsed.GetValue(keep),
                IsHex = parsed.GetValue(hex),
                Allow = parsed.GetValue(allow),
                Mode = parsed.GetValue(mode),
                Group = parsed.GetValue(group),
                MaxConnections = parsed.GetValue(most),
                MaxConnectionsPerUser = parsed.GetValue(mostPerUser),
                IdleTimeout = parsed.GetValue(idle),
                TimeLimit = parsed.GetValue(limit),
                Drain = parsed.GetValue(drain) ?? DefaultDrain,
                IsHandoverEnabled = parsed.GetValue(handover),
                IsQuiet = parsed.GetValue(quiet),
                IsVerbose = parsed.GetValue(verbose),
            };
            if (ServeSettingsValidator.GetError(settings) is { } problem)
                throw new ToolException(problem, ExitStatus.UsageError);
            return new ServeSession(settings).RunAsync();
        });
        return command;
    }
}

/// <summary>The paragraphs of the man page about <c>samehost serve</c>.</summary>
internal static class ServeManual
{
    public static IReadOnlyList<string> Paragraphs { get; } =
    [
        "Without --echo, --exec or --keep it serves one client interactively and ends with it; the address is removed when that client "
        + "connects. With --keep standard input goes to every connected client, and received data is printed as it arrives.",
        "A program of --exec has the connection as its standard input and output; standard error is the server's. Its environment names "
        + "the client by the convention of UCSPI: PROTO (IPC), IPCREMOTEPID, IPCREMOTEEUID and IPCREMOTEEGID as the kernel reports them, "
        + "IPCLOCALPATH, and IPCREMOTEPATH if the client has a name.",
        "A socket file has mode 0600 from the moment it exists. Other users need both: a --mode (and perhaps --group) that lets them reach "
        + "the file, and --allow that accepts them. A stale file is replaced; nothing else ever is.",
        "Ctrl+C, SIGTERM and SIGHUP end it in order: the address is removed, data that has arrived is answered, and programs may continue "
        + "for --drain before they are ended. The exit status is 0. A second signal within 100 ms is the same request, a later one ends it "
        + "at once.",
        "With --handover a server waits at ADDRESS.handover for a successor that is started the same way, and hands its listening socket "
        + "over without refusing a client. It then serves its remaining clients, and ends.",
        "With seqpacket and datagrams each record is one line, in both directions. Lines of standard input go to the sender of the last "
        + "datagram.",
    ];
}
