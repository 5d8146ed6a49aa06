using System.Globalization;
using System.Net.Sockets;
using System.Text;
using Xunit;

namespace Samehost.Tests.Support;

/// <summary>A process of another user, which makes system calls on request.</summary>
internal sealed class CallingUser : IAsyncDisposable
{
    /// <summary>The types that a local socket can have.</summary>
    public static readonly SocketType[] Types = [SocketType.Stream, SocketType.Dgram, SocketType.Seqpacket];

    private readonly PeerProcess _process;

    private CallingUser(PeerProcess process) => _process = process;

    /// <summary>Starts it in a directory, under a program that changes its user, such as setpriv or unshare.</summary>
    public static async Task<CallingUser> StartAsync(TestDirectory directory, params string[] prefix)
    {
        var process = new CallingUser(PeerProcess.StartUnder(directory, prefix, "calls", directory.FullPath));
        await process._process.ExpectAsync("ready");
        return process;
    }

    /// <summary>The errno of a call with an address as it is written; 0 when it works.</summary>
    public async Task<Errno> CallAsync(string call, string address, SocketType kind = SocketType.Stream, int? backlog = null)
    {
        // An abstract name begins with a NUL, a path ends with one.
        byte[] name = address.StartsWith('@') ? [0, .. Encoding.UTF8.GetBytes(address[1..])] : [.. Encoding.UTF8.GetBytes(address), 0];
        var answer = await _process.AskAsync($"{call} {(int)kind} {Convert.ToHexString(name)} {backlog}".TrimEnd());
        Assert.NotNull(answer);
        return (Errno)int.Parse(answer, CultureInfo.InvariantCulture);
    }

    public ValueTask DisposeAsync() => _process.DisposeAsync();
}
