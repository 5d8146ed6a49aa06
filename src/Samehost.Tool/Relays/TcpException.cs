using System.Net.Sockets;
using System.Runtime.InteropServices;

namespace Samehost.Tool.Relays;

/// <summary>A call on TCP failed: told as the library tells of local sockets, with the address as it was typed and a hint.</summary>
internal sealed class TcpException(SocketException cause, string call, string host, int port)
    : SocketException((int)cause.SocketErrorCode, $"{call} failed: {Reason(cause, host)}: tcp:{Bracketed(host)}:{port}")
{
    public string? Hint => SocketErrorCode switch
    {
        SocketError.ConnectionRefused =>
            $"Nobody listens at that port: 'ss -ltnp sport = :{port}' on that machine shows whether a server does.",
        SocketError.HostNotFound or SocketError.NoData or SocketError.TryAgain or SocketError.NoRecovery =>
            $"'getent hosts {host}' shows what the name stands for here.",
        SocketError.TimedOut or SocketError.HostUnreachable or SocketError.NetworkUnreachable =>
            "Nothing answers from there: is the address right, and is there a firewall or a route missing on the way?",
        SocketError.AddressAlreadyInUse => $"'ss -ltnp sport = :{port}' shows who has the port.",
        SocketError.AccessDenied => "Ports below 1024 are root's.",
        SocketError.AddressNotAvailable => "That address belongs to another machine; 0.0.0.0 is every address of this one.",
        _ => null,
    };

    private static string Reason(SocketException cause, string host) => cause.SocketErrorCode switch
    {
        // Not the kernel's errors: the resolver has numbers of its own.
        SocketError.HostNotFound or SocketError.NoData => $"there is no host of the name {host}",
        SocketError.TryAgain or SocketError.NoRecovery => $"nobody can tell which host {host} is",
        _ => $"{Marshal.GetPInvokeErrorMessage(cause.NativeErrorCode)} ({cause.NativeErrorCode})",
    };

    private static string Bracketed(string host) => host.Contains(':', StringComparison.Ordinal) ? $"[{host}]" : host;
}
