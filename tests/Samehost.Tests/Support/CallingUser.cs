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

    /// <summary>What a call that explains answers where the outcome is unknown.</summary>
    public const Errno Unknown = (Errno)(-1);

    private readonly PeerProcess _process;

    private CallingUser(PeerProcess process) => _process = process;

    /// <summary>Starts it in a directory, under a program that changes its user, such as setpriv or unshare.</summary>
    public static async Task<CallingUser> StartAsync(TestDirectory directory, params string[] prefix)
    {
        var process = new CallingUser(PeerProcess.StartUnder(directory, prefix, "calls", directory.FullPath));
        await process._process.ExpectAsync("ready");
        return process;
    }

    public int Id => _process.Id;

    /// <summary>The errno of a call with an address as it is written; 0 when it works.</summary>
    public async Task<Errno> CallAsync(string call, string address, SocketType kind = SocketType.Stream, int? backlog = null)
    {
        var answer = await _process.AskAsync($"{call} {(int)kind} {Encode(address)} {backlog}".TrimEnd());
        Assert.NotNull(answer);
        return (Errno)int.Parse(answer.Split(' ')[0], CultureInfo.InvariantCulture);
    }

    /// <summary>The words for a call: the hint of its exception, or the explanation; empty when a real call works.</summary>
    public async Task<string> DescribeAsync(string call, string address, SocketType kind = SocketType.Stream) =>
        (await AskAsync(call, address, kind)).Text;

    /// <summary>The errno of a call, and the words for it.</summary>
    public async Task<(Errno Errno, string Text)> AskAsync(string call, string address, SocketType kind)
    {
        var answer = await _process.AskAsync($"{call} {(int)kind} {Encode(address)}");
        Assert.NotNull(answer);
        var space = answer.IndexOf(' ', StringComparison.Ordinal);
        return ((Errno)int.Parse(answer.AsSpan(0, space), CultureInfo.InvariantCulture), answer[(space + 1)..]);
    }

    public ValueTask DisposeAsync() => _process.DisposeAsync();

    // An abstract name begins with a NUL, a path ends with one.
    private static string Encode(string address) => Convert.ToHexString(address.StartsWith('@')
        ? [0, .. Encoding.UTF8.GetBytes(address[1..])] : [.. Encoding.UTF8.GetBytes(address), 0]);
}
