using Samehost.Systemd;

namespace Samehost.Tool.Serving;

/// <summary>Who is at the other end of a connection, as the kernel knows it, and the names of both ends.</summary>
internal sealed record Caller(PeerCredentials Peer, UnixEndPoint Local, UnixEndPoint Remote)
{
    private static readonly string[] NotForChildren =
    [
        .. ServiceEnvironment.Variables,
        "PROTO", "IPCREMOTEPID", "IPCREMOTEEUID", "IPCREMOTEEGID", "IPCREMOTEPATH", "IPCLOCALPATH",
    ];

    public static Caller Of(UnixStream stream) => new(stream.GetPeerCredentials(), stream.LocalEndPoint, stream.RemoteEndPoint);

    public static Caller Of(UnixSeqpacket seqpacket) =>
        new(seqpacket.GetPeerCredentials(), seqpacket.LocalEndPoint, seqpacket.RemoteEndPoint);

    /// <summary>For logs.</summary>
    public override string ToString() => Peer.ToString();

    /// <summary>
    /// Our environment and, by the convention of UCSPI, who calls. Names are printed forms: an address in them can be typed, and a name
    /// that a stranger has chosen holds no control character. What our service manager meant for us is left out.
    /// </summary>
    public string[] Environment()
    {
        List<string> all = ["PROTO=IPC", $"IPCREMOTEPID={Peer.ProcessId}", $"IPCREMOTEEUID={Peer.UserId}", $"IPCREMOTEEGID={Peer.GroupId}"];
        if (Local.Kind != UnixEndPointKind.Unnamed)
            all.Add($"IPCLOCALPATH={Local}");
        if (Remote.Kind != UnixEndPointKind.Unnamed)
            all.Add($"IPCREMOTEPATH={Remote}");
        foreach (System.Collections.DictionaryEntry own in System.Environment.GetEnvironmentVariables())
        {
            if (!NotForChildren.Contains((string)own.Key))
                all.Add($"{own.Key}={own.Value}");
        }
        return [.. all];
    }
}
