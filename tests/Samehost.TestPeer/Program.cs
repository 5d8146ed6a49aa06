namespace Samehost.TestPeer;

/// <summary>The other process in a test: <c>COMMAND PATH [OPTIONS]</c>. It says "ready" when there is something to see.</summary>
internal static class Program
{
    private static readonly Dictionary<string, Action<PeerArguments>> Commands = new()
    {
        ["activated"] = Activated.Run,
        ["bind-and-hold"] = BindAndHold.Run,
        ["bind-race"] = BindRace.Run,
        ["calls"] = Calls.Run,
        ["connect"] = ConnectAndHold.Run,
        ["converse"] = Converse.Run,
        ["connect-storm"] = ConnectStorm.Run,
        ["crash-bound"] = CrashBound.Run,
        ["handover-dying"] = HandoverDying.Run,
        ["handover-turns"] = HandoverTurns.Run,
        ["hold"] = Hold.Run,
        ["idle-sockets"] = IdleSockets.Run,
        ["judge"] = Judge.Run,
        ["last-descriptors"] = LastDescriptors.Run,
        ["look-up"] = LookUp.Run,
        ["receive-bytes"] = ReceiveBytes.Run,
        ["receive-short"] = ReceiveShort.Run,
        ["run"] = RunServer.Run,
        ["send-bytes"] = SendBytes.Run,
        ["send-datagrams"] = SendDatagrams.Run,
        ["send-unread"] = SendUnread.Run,
        ["serve"] = Serve.Run,
        ["serve-frames"] = ServeFrames.Run,
        ["serve-storm"] = ServeStorm.Run,
        ["talk"] = Talk.Run,
        ["use-up-descriptors"] = UseUpDescriptors.Run,
    };

    private static int Main(string[] args)
    {
        if (args.Length < 2 || !Commands.TryGetValue(args[0], out Action<PeerArguments>? run))
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
