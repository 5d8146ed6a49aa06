using System.CommandLine;
using System.Net.Sockets;
using Samehost.Tool.Cli;
using Samehost.Tool.Connections;
using Samehost.Tool.Replay;

namespace Samehost.Tool.Relay;

/// <summary>The <c>samehost relay</c> command.</summary>
internal static class RelayCommand
{
    private const ToolAddressKinds Sources =
        ToolAddressKinds.Local | ToolAddressKinds.Tcp | ToolAddressKinds.Descriptor | ToolAddressKinds.Systemd;

    private const ToolAddressKinds Targets = ToolAddressKinds.Local | ToolAddressKinds.Tcp | ToolAddressKinds.Descriptor;

    private static readonly Argument<ToolAddress> From =
        AddressArgument.Create("FROM", "Where clients connect: a path, @name, tcp:HOST:PORT, fd:N or systemd:NAME.", Sources);

    private static readonly Argument<ToolAddress> To =
        AddressArgument.Create("TO", "The server: a path, @name, tcp:HOST:PORT or fd:N.", Targets);

    private static readonly Option<SocketType?> Type =
        CommandOptions.Type("The type of both sockets: stream (the default), datagram or seqpacket.");

    private static readonly Option<PeerPolicy?> Allow =
        CommandOptions.Policy("--allow", "Which local clients are served, for example 'self,root' (the default), 'group:web' or 'anyone'.");

    private static readonly Option<PeerPolicy?> RequireServer =
        CommandOptions.Policy("--require-server", "Which local server is accepted; others are sent nothing.");

    private static readonly Option<UnixFileMode?> Mode =
        FileModeOption.Create("Permissions of FROM's socket file, in octal (0600 by default).");

    private static readonly Option<string?> Group = new("--group") { Description = "Group of FROM's socket file.", HelpName = "NAME" };

    private static readonly Option<TimeSpan?> Wait =
        CommandOptions.Duration("--wait", "How long to wait for a server that does not listen yet.");

    private static readonly Option<int?> MaxConnections =
        CommandOptions.Number("--max-connections", "N", "How many clients at once; others wait (4096 by default).", 1, 1_000_000);

    private static readonly Option<bool> NoDescriptors = new("--no-descriptors")
    {
        Description = "Refuse descriptors between local sockets; bytes are then spliced.",
    };

    private static readonly Option<DumpFormat?> Dump = CommandOptions.Parsed<DumpFormat?>(
        "--dump", "STYLE", "Print the relayed data on standard output, as text or in hex.", text => text switch
        {
            "text" => (DumpFormat.Text, null),
            "hex" => (DumpFormat.Hex, null),
            _ => (null, $"'{text}' is not valid for --dump: use text or hex"),
        });

    private static readonly Option<string?> Record = new("--record")
    {
        Description = "Record the relayed data in this file, for 'samehost replay'.",
        HelpName = "FILE",
    };

    private static readonly Option<bool> Once = new("--once") { Description = "End after the first connection." };

    private static readonly Option<bool> Quiet = new("--quiet", "-q") { Description = "Print problems only." };

    public static Command Create()
    {
        Dump.CompletionSources.Clear(); // the enumeration's member names
        Dump.CompletionSources.Add("text", "hex");
        var command = new ToolCommand("relay", "Relay the clients of one address to the server at another.")
        {
            Examples =
            [
                ("samehost relay tcp:127.0.0.1:8080 /run/app.sock", "a local server, over TCP"),
                ("samehost relay /tmp/db.sock tcp:db.example:5432", "and the other way"),
                ("samehost relay --dump text /tmp/a /run/app.sock", "print the relayed data"),
                ("samehost relay --record talk /tmp/a /run/app.sock", "record it, for replay"),
            ],
            Details =
            [
                "The server sees the credentials of the relay instead of those of its clients. All who may connect to FROM have "
                + "the rights of the relay\'s user at TO: see --allow and --mode.",
                "Between local sockets, descriptors are relayed. With --no-descriptors, and where one side is TCP, they are refused "
                + "(Linux 6.16 and newer; older kernels drop them), and the bytes of streams are spliced: they do not enter the process.",
                "The end of each direction is relayed separately. A TCP connection whose other side was reset is reset.",
            ],
        };
        foreach (var argument in new Argument[] { From, To })
            command.Add(argument);
        Option[] options = [Type, Dump, Record, Allow, RequireServer, Mode, Group, Wait, MaxConnections, NoDescriptors, Once, Quiet];
        foreach (var option in options)
            command.Add(option);
        command.SetAction((parsed, _) => RunAsync(parsed));
        return command;
    }

    private static async Task<int> RunAsync(ParseResult parsed)
    {
        var options = Read(parsed);
        var log = new RelayLog(parsed.GetValue(Quiet));
        Validate(options);
        using var recorder = parsed.GetValue(Record) is { } path ? Recorder.Create(path, options) : null;
        var observer = CompositeObserver.Of(parsed.GetValue(Dump) is { } style ? new TrafficDump(style) : null, recorder);
        using var loops = new RelayLoopGroup(inOrder: observer is not null);
        Task<int> ServeAsync(CancellationToken cancellationToken) =>
            new RelayServer(options, loops, observer, log).RunAsync(cancellationToken);
        // A relay for one connection has not done its task when it is stopped.
        return await (options.Once ? CommandRunner.RunAsync(ServeAsync) : CommandRunner.RunServerAsync(ServeAsync));
    }

    private static void Validate(RelayOptions options)
    {
        var listensLocally = options.From.Kind == ToolAddressKinds.Local;
        var problem = options switch
        {
            { SocketType: not SocketType.Stream }
                when options.From.Kind == ToolAddressKinds.Tcp || options.To.Kind == ToolAddressKinds.Tcp =>
                "TCP is a stream: --type has to be stream on both sides",
            { SocketType: SocketType.Dgram } when !listensLocally || options.To.Kind != ToolAddressKinds.Local =>
                "datagrams are relayed between paths and names only",
            { Allow: not null } when options.From.Kind == ToolAddressKinds.Tcp =>
                "--allow is for local clients; clients over TCP cannot be identified",
            { SocketType: SocketType.Dgram, Once: true } => "--once ends with a connection, and datagrams have none",
            { From.Local: { } from } when from.Equals(options.To.Local) => "FROM and TO are the same: the relay would be its own client",
            { RequireServer: not null } when options.To.Kind == ToolAddressKinds.Tcp =>
                "--require-server is for a local server; a server over TCP cannot be identified",
            { HasFileOptions: true } when options.From.Local?.Kind != UnixEndPointKind.Pathname =>
                $"--mode and --group are of a socket file, and {options.From} has none",
            _ => FileGroupOption.GetError(options.SocketFile.Group),
        };
        if (problem is not null)
            throw new ToolException(problem, ExitStatus.UsageError);
    }

    private static RelayOptions Read(ParseResult parsed)
    {
        var options = new RelayOptions(parsed.GetValue(From)!, parsed.GetValue(To)!)
        {
            SocketType = parsed.GetValue(Type) ?? SocketType.Stream,
            Allow = parsed.GetValue(Allow),
            RequireServer = parsed.GetValue(RequireServer),
            Wait = parsed.GetValue(Wait),
            PassesDescriptors = !parsed.GetValue(NoDescriptors),
            MaxConnections = parsed.GetValue(MaxConnections) ?? 4096,
            Once = parsed.GetValue(Once),
            HasFileOptions = parsed.GetValue(Mode) is not null || parsed.GetValue(Group) is not null,
        };
        if (parsed.GetValue(Mode) is { } mode)
            options.SocketFile.Mode = mode;
        options.SocketFile.Group = parsed.GetValue(Group);
        return options;
    }
}

/// <summary>The options given to <c>samehost relay</c>.</summary>
internal sealed record RelayOptions(ToolAddress From, ToolAddress To)
{
    public SocketType SocketType { get; init; } = SocketType.Stream;

    /// <summary>Which local clients are accepted.</summary>
    public PeerPolicy? Allow { get; init; }

    /// <summary>Which local server is accepted.</summary>
    public PeerPolicy? RequireServer { get; init; }

    public SocketFileOptions SocketFile { get; init; } = new();

    /// <summary>Whether a mode or a group was given.</summary>
    public bool HasFileOptions { get; init; }

    /// <summary>How long to wait for a server; null when not given.</summary>
    public TimeSpan? Wait { get; init; }

    /// <summary>Whether descriptors are relayed between local sockets; otherwise they are refused and bytes are spliced.</summary>
    public bool PassesDescriptors { get; init; } = true;

    public int MaxConnections { get; init; } = 4096;

    /// <summary>Whether to end after the first connection.</summary>
    public bool Once { get; init; }

    public UnixListenerOptions ListenerOptions => new()
    {
        SocketFile = SocketFile,
        PeerPolicy = Allow,
        AcceptDescriptors = PassesDescriptors && To.Kind != ToolAddressKinds.Tcp,
    };

    public UnixConnectOptions ConnectOptions =>
        ServerConnector.ConnectOptions(Wait, RequireServer, PassesDescriptors && From.Kind != ToolAddressKinds.Tcp);
}
