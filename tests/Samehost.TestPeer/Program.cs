using System.Globalization;

namespace Samehost.TestPeer;

/// <summary>The other process of a test: <c>COMMAND PATH [OPTIONS]</c>. Most commands print <c>ready</c> first.</summary>
internal static class Program
{
    private static readonly Dictionary<string, Action<PeerArguments>> Commands = new()
    {
        ["activated"] = Activated.Run,
        ["bind-and-hold"] = BindAndHold.Run,
        ["bind-race"] = BindRace.Run,
        ["calls"] = SystemCalls.Run,
        ["connect"] = Connect.Run,
        ["scripted-client"] = ScriptedClient.Run,
        ["connect-storm"] = ConnectStorm.Run,
        ["crash-bound"] = CrashBound.Run,
        ["handover-crash"] = HandoverCrash.Run,
        ["handover-server"] = HandoverServer.Run,
        ["hold-connections"] = HoldConnections.Run,
        ["idle-sockets"] = IdleSockets.Run,
        ["report-credentials"] = ReportCredentials.Run,
        ["last-descriptors"] = LastDescriptors.Run,
        ["find-socket"] = FindSocket.Run,
        ["receive-bytes"] = ReceiveBytes.Run,
        ["receive-short"] = ReceiveShort.Run,
        ["run"] = RunServer.Run,
        ["send-bytes"] = SendBytes.Run,
        ["send-datagrams"] = SendDatagrams.Run,
        ["send-unread"] = SendUnread.Run,
        ["serve"] = Serve.Run,
        ["serve-frames"] = ServeFrames.Run,
        ["serve-storm"] = ServeStorm.Run,
        ["send-lines"] = SendLines.Run,
        ["exhaust-descriptors"] = ExhaustDescriptors.Run,
        ["user-runtime"] = arguments => Console.WriteLine(UnixEndPoint.UserRuntime(Path.GetFileName(arguments.Path.Path!))),
    };

    private static int Main(string[] args)
    {
        if (args.Length < 2 || !Commands.TryGetValue(args[0], out var run))
        {
            Console.Error.WriteLine($"usage: {string.Join('|', Commands.Keys)} PATH [--name value]...");
            return 2;
        }
        try
        {
            run(new PeerArguments(args));
            return 0;
        }
        catch (UnixSocketException e)
        {
            Console.WriteLine($"failed {e.Errno} {e.Summary}");
            Console.WriteLine(e.Hint?.ReplaceLineEndings(" ") ?? "");
            return 1;
        }
    }
}

/// <summary>The arguments of a command.</summary>
internal sealed class PeerArguments
{
    private readonly Dictionary<string, string> _options = [];

    public PeerArguments(string[] args)
    {
        Path = UnixEndPoint.FromPath(args[1]);
        for (var i = 2; i + 1 < args.Length; i += 2)
            _options[args[i]] = args[i + 1];
    }

    public UnixEndPoint Path { get; }

    public string? Option(string name) => _options.GetValueOrDefault(name);

    public int Number(string name, int defaultValue) =>
        Option(name) is { } text ? int.Parse(text, CultureInfo.InvariantCulture) : defaultValue;

    /// <summary>The options of the socket file: <c>--mode 660</c> (octal), <c>--group NAME</c>.</summary>
    public SocketFileOptions SocketFile()
    {
        var options = new SocketFileOptions { Group = Option("--group") };
        if (Option("--mode") is { } mode)
            options.Mode = (UnixFileMode)Convert.ToInt32(mode, 8);
        if (Option("--lock-timeout") is { } milliseconds)
            options.LockTimeout = TimeSpan.FromMilliseconds(int.Parse(milliseconds, CultureInfo.InvariantCulture));
        return options;
    }
}
