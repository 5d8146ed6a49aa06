using System.Globalization;
using Samehost.Tests.Support;
using Xunit;

namespace Samehost.Tests.Peers;

/// <summary>A third user, by number, that is neither ours nor "nobody"; only root can become it.</summary>
internal static class OtherUser
{
    public const uint Id = 12345;
    public const uint Group = 23456;

    /// <summary>What to put before a command to run it as that user with these supplementary groups.</summary>
    public static string[] With(params IEnumerable<uint> groups)
    {
        var list = string.Join(',', groups.Select(g => g.ToString(CultureInfo.InvariantCulture)));
        return ["setpriv", "--reuid", $"{Id}", "--regid", $"{Group}",
            .. list.Length == 0 ? new[] { "--clear-groups" } : ["--groups", list]];
    }

    public static void NeedsRoot() =>
        Assert.SkipUnless(OrdinaryUser.WeAreRoot, "run the tests as root: an ordinary user cannot become another");
}
