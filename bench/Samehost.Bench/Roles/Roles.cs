namespace Samehost.Bench.Roles;

/// <summary>What this program can be when it is started again as a process under measurement: <c>role NAME ARGUMENTS…</c>.</summary>
internal static class Roles
{
    private static readonly Dictionary<string, Func<string[], Task>> All = new()
    {
        ["pingpong-server-sockets-sync"] = SocketsSyncPingPong.Serve,
        ["pingpong-client-sockets-sync"] = SocketsSyncPingPong.Ask,
        ["pingpong-server-sockets-async"] = SocketsAsyncPingPong.Serve,
        ["pingpong-client-sockets-async"] = SocketsAsyncPingPong.Ask,
        ["echo-server-sockets-async"] = SocketsAsyncEcho.Serve,
        ["pingpong-server-samehost-sync"] = SamehostSyncPingPong.Serve,
        ["pingpong-client-samehost-sync"] = SamehostSyncPingPong.Ask,
        ["pingpong-server-samehost-async"] = SamehostAsyncPingPong.Serve,
        ["pingpong-client-samehost-async"] = SamehostAsyncPingPong.Ask,
        ["echo-server-samehost-async"] = SamehostAsyncEcho.Serve,
        ["frames-receive-pipes"] = PipeFrames.Receive,
        ["frames-send-pipes"] = PipeFrames.Send,
        ["frames-receive-samehost"] = SamehostFrames.Receive,
        ["frames-send-samehost"] = SamehostFrames.Send,
        ["slow-echo-samehost"] = SlowEcho.ServeSamehost,
        ["slow-echo-sockets"] = SlowEcho.ServeSockets,
        ["idle-echo-samehost"] = IdleEcho.ServeSamehost,
        ["idle-echo-sockets"] = IdleEcho.ServeSockets,
        ["bulk-receive-samehost"] = BulkBytes.ReceiveSamehost,
        ["bulk-send-samehost"] = BulkBytes.SendSamehost,
        ["bulk-receive-sockets"] = BulkBytes.ReceiveSockets,
        ["bulk-send-sockets"] = BulkBytes.SendSockets,
        ["connects-server-samehost-sync"] = SamehostConnects.Serve,
        ["connects-client-samehost-sync"] = SamehostConnects.Ask,
        ["connects-server-samehost-async"] = SamehostConnects.ServeAsync,
        ["connects-client-samehost-async"] = SamehostConnects.AskAsync,
        ["connects-server-sockets-async"] = SocketsConnects.ServeAsync,
        ["connects-client-sockets-async"] = SocketsConnects.AskAsync,
        ["allocation"] = Allocations.Run,
        ["accept-allocation"] = AcceptAllocations.Run,
        ["datagrams-receive-sockets"] = SocketsDatagrams.Receive,
        ["datagrams-send-sockets"] = SocketsDatagrams.Send,
        ["datagrams-receive-each"] = SamehostDatagrams.ReceiveEach,
        ["datagrams-send-each"] = SamehostDatagrams.SendEach,
        ["datagrams-receive-blocking"] = SamehostBlockingDatagrams.Receive,
        ["datagrams-send-blocking"] = SamehostBlockingDatagrams.Send,
        ["datagrams-receive-batches"] = SamehostDatagrams.ReceiveBatches,
        ["datagrams-send-batches"] = SamehostDatagrams.SendBatches,
        ["web-samehost"] = WebServers.ServeSamehost,
        ["web-kestrel"] = WebServers.ServeKestrel,
        ["web-tcp"] = WebServers.ServeTcp,
    };

    public static Task Run(string name, string[] arguments) => All[name](arguments);

    /// <summary>Tells the parent that clients may connect.</summary>
    public static void SayReady() => Console.WriteLine("ready");
}
