using Samehost.Tool.Arguments;
using Samehost.Tool.Commands;

namespace Samehost.Tool.Connecting;

/// <summary>A connect that failed: what the library knows about it, and where to learn more.</summary>
internal static class ConnectFailure
{
    public static ToolException Of(UnixSocketException error, SocketKind kind)
    {
        List<string> hints = [];
        if (error.Hint is { } hint)
            hints.Add(hint);
        if (error.Errno == Errno.EPROTOTYPE)
            hints.Add($"--type {string.Join(" or --type ", Others(kind))} asks for another type of socket.");
        if (error.EndPoint is UnixEndPoint { Kind: UnixEndPointKind.Pathname or UnixEndPointKind.Abstract } address)
            hints.Add($"'samehost explain {(kind == SocketKind.Stream ? "" : $"--type {Name(kind)} ")}{address}' looks closer.");
        return new ToolException(Failure.Summary(error), ExitStatus.Failed, string.Join('\n', hints));
    }

    private static IEnumerable<string> Others(SocketKind kind) => Enum.GetValues<SocketKind>().Where(other => other != kind).Select(Name);

    private static string Name(SocketKind kind) => kind switch
    {
        SocketKind.Datagram => "datagram",
        SocketKind.Seqpacket => "seqpacket",
        _ => "stream",
    };
}
