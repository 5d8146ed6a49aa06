using System.Net.Sockets;

namespace Samehost.Bench.Workers;

/// <summary>The processes under measurement that this program can be started as: <c>role NAME ARGUMENTS…</c>.</summary>
internal static class Worker
{
    private static readonly Dictionary<string, Func<string[], Task>> All = new()
    {
        ["pingpong-server-sockets-sync"] = RoundTripWorkers.ServeSocketsSync,
        ["pingpong-client-sockets-sync"] = RoundTripWorkers.RequestSocketsSync,
        ["pingpong-server-sockets-async"] = RoundTripWorkers.ServeSocketsAsync,
        ["pingpong-client-sockets-async"] = RoundTripWorkers.RequestSocketsAsync,
        ["pingpong-server-samehost-sync"] = RoundTripWorkers.ServeSamehostSync,
        ["pingpong-client-samehost-sync"] = RoundTripWorkers.RequestSamehostSync,
        ["pingpong-server-samehost-async"] = RoundTripWorkers.ServeSamehostAsync,
        ["pingpong-client-samehost-async"] = RoundTripWorkers.RequestSamehostAsync,
        ["echo-server-sockets-async"] = EchoWorkers.ServeSockets,
        ["echo-server-samehost-async"] = EchoWorkers.ServeSamehost,
        ["slow-echo-samehost"] = EchoWorkers.ServeSamehostSlow,
        ["slow-echo-sockets"] = EchoWorkers.ServeSocketsSlow,
        ["idle-echo-samehost"] = EchoWorkers.ServeSamehostIdle,
        ["idle-echo-sockets"] = EchoWorkers.ServeSocketsIdle,
        ["frames-receive-pipes"] = FrameWorkers.ReceivePipelines,
        ["frames-send-pipes"] = FrameWorkers.SendPipelines,
        ["frames-receive-samehost"] = FrameWorkers.ReceiveSamehost,
        ["frames-send-samehost"] = FrameWorkers.SendSamehost,
        ["bulk-receive-samehost"] = BulkWorkers.ReceiveSamehost,
        ["bulk-send-samehost"] = BulkWorkers.SendSamehost,
        ["bulk-receive-sockets"] = BulkWorkers.ReceiveSockets,
        ["bulk-send-sockets"] = BulkWorkers.SendSockets,
        ["connects-server-samehost-sync"] = ConnectWorkers.ServeSamehostSync,
        ["connects-client-samehost-sync"] = ConnectWorkers.ConnectSamehostSync,
        ["connects-server-samehost-async"] = ConnectWorkers.ServeSamehostAsync,
        ["connects-client-samehost-async"] = ConnectWorkers.ConnectSamehostAsync,
        ["connects-server-sockets-async"] = ConnectWorkers.ServeSocketsAsync,
        ["connects-client-sockets-async"] = ConnectWorkers.ConnectSocketsAsync,
        ["datagrams-receive-sockets"] = DatagramWorkers.ReceiveSockets,
        ["datagrams-send-sockets"] = DatagramWorkers.SendSockets,
        ["datagrams-receive-each"] = DatagramWorkers.ReceiveSamehostAsync,
        ["datagrams-send-each"] = DatagramWorkers.SendSamehostAsync,
        ["datagrams-receive-blocking"] = DatagramWorkers.ReceiveSamehostSync,
        ["datagrams-send-blocking"] = DatagramWorkers.SendSamehostSync,
        ["datagrams-receive-batches"] = DatagramWorkers.ReceiveSamehostBatches,
        ["datagrams-send-batches"] = DatagramWorkers.SendSamehostBatches,
        ["allocation"] = AllocationWorkers.Run,
        ["accept-allocation"] = AcceptAllocationWorkers.Run,
        ["web-samehost"] = WebWorkers.ServeSamehost,
        ["web-kestrel"] = WebWorkers.ServeKestrel,
        ["web-tcp"] = WebWorkers.ServeTcp,
    };

    public static Task Run(string name, string[] arguments) => All[name](arguments);

    /// <summary>Reports to the parent process that clients can connect.</summary>
    public static void ReportReady() => Console.WriteLine("ready");
}

/// <summary>Creates local stream sockets of System.Net.Sockets.</summary>
internal static class LocalSocket
{
    public static Socket Listen(string path, int backlog)
    {
        var listener = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        listener.Bind(new UnixDomainSocketEndPoint(path));
        listener.Listen(backlog);
        return listener;
    }

    public static Socket Connect(string path)
    {
        var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        socket.Connect(new UnixDomainSocketEndPoint(path));
        return socket;
    }
}
