using System.Globalization;

namespace Samehost;

/// <summary>A connection that a <see cref="UnixServer"/> closed without serving it.</summary>
public sealed class UnixServerRefusal
{
    private readonly int? _limit;

    /// <param name="peer">Who connected; null when the kernel does not say.</param>
    /// <param name="limit">The connections that the user may have, where that was the reason.</param>
    internal UnixServerRefusal(PeerCredentials? peer, int? limit = null)
    {
        Peer = peer;
        _limit = limit;
    }

    /// <summary>Gets the credentials of the client, or null when the kernel does not know them.</summary>
    public PeerCredentials? Peer { get; }

    /// <summary>Gets the number of the client's user; <see cref="uint.MaxValue"/> when the kernel does not know it.</summary>
    public uint UserId => Peer?.UserId ?? uint.MaxValue;

    /// <summary>Gets the reason, in a sentence without a period.</summary>
    /// <remarks>The first call looks up the name of the user, which may ask a directory service over the network
    /// (nsswitch.conf(5)).</remarks>
    public string Reason => field ??= Describe();

    /// <summary>Gets the number of refusals that were not reported since the previous report.</summary>
    public long LeftOut { get; internal set; }

    /// <summary>Returns the line for a log: the reason, and how many more there were.</summary>
    public override string ToString() => LeftOut == 0
        ? Reason
        : string.Create(CultureInfo.InvariantCulture, $"{Reason} ({LeftOut} more since the last report)");

    private string Describe() => (Peer, _limit) switch
    {
        (null, _) => "its user cannot be told",
        (_, { } limit) => string.Create(CultureInfo.InvariantCulture, $"user {UserId} has {limit} connections already"),
        _ => $"{Peer} is not admitted by the policy",
    };
}
