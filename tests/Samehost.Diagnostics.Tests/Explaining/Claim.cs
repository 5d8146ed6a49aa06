using System.Text.RegularExpressions;

namespace Samehost.Tests.Diagnostics.Explaining;

/// <summary>Something that a hint or an explanation can claim, and the check of it by another call of the same process.</summary>
/// <param name="Pattern">The words; a group "path" is what they are about.</param>
/// <param name="IsTrueAsync">Whether the claim holds.</param>
internal sealed record Claim(string Pattern, Func<ClaimContext, Task<bool>> IsTrueAsync)
{
    private const string Path = "(?<path>/[^ :,]+)";

    /// <summary>The restrictions of sandbox.c that callers are started with.</summary>
    public static readonly string[] Restrictions = ["connect=13", "connect=1", "bind=1", "no-netlink", "no-unix", "landlock"];

    public static IReadOnlyList<Claim> All { get; } =
    [
        new($"may not write to {Path}", async c => !await c.TestAsync("-w", c.About)),
        new($"may not pass through {Path}", async c => !await c.TestAsync("-x", c.About)),
        new($"may not make files in {Path}", async c => !await c.TestAsync("-w", c.About) || !await c.TestAsync("-x", c.About)),
        new($"{Path} has nothing named (?<name>[^ ]+) in it", async c => !await c.TestAsync("-e", c.About + "/" + c.Name)),
        new($"{Path} has no directory named (?<name>[^ ]+) in it", async c => !await c.TestAsync("-d", c.About + "/" + c.Name)),
        new($"{Path} has been removed", c => Is(c.Place.Mount == PlaceMount.RemovedDirectory)),
        new($"{Path} is a regular file", c => c.TestAsync("-f", c.About)),
        new($"{Path} is a directory", c => c.TestAsync("-d", c.About)),
        new("is a stale socket file", c => Is(c.Place.Shape == PlaceShape.Stale)),
        new("Start the server again", c => Is(c.Place is { Shape: PlaceShape.Stale, Mount: not PlaceMount.File })),
        new("Mount the directory of", c => Is(c.Place.Mount == PlaceMount.File)),
        new("does not listen|and accepts no connections", c => Is(c.Place.Shape == PlaceShape.Bound)),
        new("backlog of [^ ]+ is full", c => Is(c.Place.Shape == PlaceShape.FullBacklog)),
        new("A (?<name>stream|datagram|seqpacket) socket (is|listens|receives) at", c => Is(c.Name == NameOf(c))),
        new("bind.2. alone would work", async c => await c.Caller.Process.CallAsync("bind", c.PlacePath, c.Place.Client) == Errno.None),
        new("(?<!alone )would work|seems to work(?! for)", c => Is(c.Real == Errno.None)),
        new("seems to work for a (?<name>stream|datagram|seqpacket) client",
            c => Is(c.Name == NameOf(c) && c.Place.Client != c.Place.Type)),
        new("By now it would fail with (?<name>E[A-Z]+)", c => Is(c.Name == $"{c.Real}")),
        new("connect.2. fails with [A-Z]+ in this process, whatever the address",
            async c => await c.Caller.Process.CallAsync("connect", "/nowhere", c.Place.Client) == c.Real),
        new("bind.2. fails with [A-Z]+ in this process, whatever the address",
            async c => await c.Caller.Process.CallAsync("bind", $"@law-{Guid.NewGuid():N}", c.Place.Client) == c.Real),
        new("[Nn]o ((?<name>stream|datagram|seqpacket) )?socket (has|listens at) the name", c => Is(c.Real == Errno.ECONNREFUSED)),
        new("A (?<name>stream|datagram|seqpacket) socket has the name", c => Is(c.Name == NameOf(c))),
        new("A live socket", c => Is(c.Place.Shape is PlaceShape.Listening or PlaceShape.Bound or PlaceShape.FullBacklog)),
        new("which nothing replaces", async c => await c.TestAsync("-h", c.PlacePath) || !await c.TestAsync("-S", c.PlacePath)),
        new("(chosen|are|is) mounted there", c => Is(c.Place.Mount == PlaceMount.File)),
        new("is read-only|mounted read-only", c => Is(c.Place.Mount == PlaceMount.ReadOnly)),
        new("a security policy|its sandbox", c => Is(c.Caller.Restriction.Length > 0)),
        new("The permissions allow it", c => c.TestAsync("-w", c.IsBind ? c.PlacePath[..c.PlacePath.LastIndexOf('/')] : c.PlacePath)),
        new("AF_NETLINK", c => Is(c.Caller.Restriction == "no-netlink")),
        new("may not make local sockets", c => Is(c.Caller.Restriction == "no-unix")),
        new("CONFIG_UNIX_DIAG", _ => Is(false)),
        new("another network namespace|namespace that cannot be seen",
            c => Is(c.Caller.Restriction == "net" || c.Place.Server == PlaceServer.OtherNetwork)),
        new("[Ee]xplain it as root|takes root", c => Is(!c.Caller.IsRoot)),
        new("its file has been removed, replaced or mounted over",
            c => Is(c.Place.Mount is PlaceMount.Renamed or PlaceMount.OverlayRenamed)),
    ];

    /// <summary>The claims in a text that do not hold.</summary>
    public static async Task<List<string>> RefutedAsync(
        string said, Caller caller, PlacedSocket place, string path, Errno real, HashSet<string> claimed, bool isBind = false)
    {
        var refuted = new List<string>();
        foreach (var claim in All)
        {
            foreach (Match match in Regex.Matches(said, claim.Pattern, RegexOptions.ExplicitCapture))
            {
                claimed.Add(claim.Pattern);
                var context = new ClaimContext(caller, place, path, real, isBind,
                    match.Groups["path"].Value.TrimEnd('.'), match.Groups["name"].Value.TrimEnd('.'));
                if (!await claim.IsTrueAsync(context))
                    refuted.Add(match.Value);
            }
        }
        return refuted;
    }

    private static string NameOf(ClaimContext context) => context.Place.Type switch
    {
        System.Net.Sockets.SocketType.Dgram => "datagram",
        System.Net.Sockets.SocketType.Seqpacket => "seqpacket",
        _ => "stream",
    };

    private static Task<bool> Is(bool value) => Task.FromResult(value);
}

/// <summary>What a claim was made about, with the path and the name that are in it.</summary>
internal sealed record ClaimContext(Caller Caller, PlacedSocket Place, string PlacePath, Errno Real, bool IsBind, string About, string Name)
{
    /// <summary>What test(1) answers in the calling process.</summary>
    public async Task<bool> TestAsync(string what, string path) =>
        await Caller.Process.CallAsync("run", $"test {what} {path}") == Errno.None;
}
