using System.Text;
using System.Text.RegularExpressions;

namespace Samehost.Stress.Fuzz;

/// <summary><see cref="UnixEndPoint.Parse(string)"/> and the exact bytes of names.</summary>
internal sealed class AddressTarget : FuzzTarget
{
    public override string Name => "addresses";

    public override IReadOnlyList<string> Words { get; } =
        ["unix:", "unix-abstract:", "unix://", "@", "/", "//", "/run/", ".sock", "\\x0a", "\u202e", "é", "(unnamed)", "(autobind)", "../"];

    public override ValueTask DisposeAsync() => ValueTask.CompletedTask;

    public override string Run(byte[] input)
    {
        Bytes(input);
        var text = Text(input);
        try
        {
            var address = UnixEndPoint.Parse(text);
            Require(UnixEndPoint.TryParse(text, out var same) && same == address, "TryParse disagrees with Parse");
            Check(address);
            return $"{address.Kind} {text.Length >> 3}";
        }
        catch (FormatException e)
        {
            Require(!UnixEndPoint.TryParse(text, out _), "TryParse reads what Parse refuses");
            return KindOf(e);
        }
    }

    private static void Bytes(byte[] input)
    {
        Func<byte[], UnixEndPoint>[] ways = [static b => UnixEndPoint.FromPath(b), static b => UnixEndPoint.FromAbstractName(b)];
        foreach (var make in ways)
        {
            try
            {
                var address = make(input);
                Require(address.NameBytes.Span.SequenceEqual(input), "the name is not the bytes that were given");
                Check(address);
            }
            catch (ArgumentException)
            {
                // it cannot be one
            }
        }
    }

    private static void Check(UnixEndPoint address)
    {
        var printed = address.ToString();
        Require(address.NameBytes.Length is > 0 and <= UnixEndPoint.MaxNameLength, $"the name has {address.NameBytes.Length} bytes");
        Require(Hostile.IsPrintable(printed), $"it prints as {Hostile.Show(printed)}");
        var again = (UnixEndPoint)address.Create(address.Serialize());
        Require(again == address && again.GetHashCode() == address.GetHashCode(), "the kernel's form of the address is read as another");
        // With nothing escaped in it, what is printed is what is read.
        if (!printed.Contains("\\x", StringComparison.Ordinal) && !printed.Contains('\ufffd', StringComparison.Ordinal))
            Require(UnixEndPoint.Parse(printed) == address, $"'{printed}' is read as another address");
    }
}

/// <summary><see cref="PeerPolicy.Parse"/>.</summary>
internal sealed partial class PolicyTarget : FuzzTarget
{
    public override string Name => "policies";

    public override IReadOnlyList<string> Words { get; } =
    [
        "self", "root", "anyone", "user:root", "user:", "group:root", "group:",
        "uid:", "gid:", "0", "4294967295", "4294967296", ",", " ", "\0",
    ];

    public override ValueTask DisposeAsync() => ValueTask.CompletedTask;

    public override string Run(byte[] input)
    {
        var text = Text(input);
        try
        {
            var policy = PeerPolicy.Parse(text);
            Require(PeerPolicy.TryParse(text, out var same) && same.Equals(policy), "TryParse disagrees with Parse");
            var printed = policy.ToString();
            var again = PeerPolicy.Parse(printed);
            Require(again.Equals(policy) && again.ToString() == printed, $"'{printed}' is read as another policy");
            foreach (var term in text.Split(','))
            {
                var word = term.Trim();
                Require(!NumberTerm().IsMatch(word) || Digits().IsMatch(word), $"a number is not digits: {Hostile.Show(word)}");
            }
            return $"read {printed.Count(static c => c == ',')} {printed.Length >> 3}";
        }
        catch (FormatException e)
        {
            Require(!PeerPolicy.TryParse(text, out _), "TryParse reads what Parse refuses");
            return KindOf(e);
        }
    }

    [GeneratedRegex("^(uid|gid):")]
    private static partial Regex NumberTerm();

    [GeneratedRegex(@"\A(uid|gid):[0-9]+\z")]
    private static partial Regex Digits();
}

/// <summary>What must not reach a terminal.</summary>
internal static class Hostile
{
    public static bool IsPrintable(string text) => text.All(static c => char.GetUnicodeCategory(c) is not (
        System.Globalization.UnicodeCategory.Control or System.Globalization.UnicodeCategory.Format
        or System.Globalization.UnicodeCategory.LineSeparator or System.Globalization.UnicodeCategory.ParagraphSeparator));

    public static string Show(string text)
    {
        var shown = new StringBuilder("'");
        foreach (var c in text)
            shown.Append(IsPrintable(c.ToString()) ? c.ToString() : $"\\u{(int)c:x4}");
        return shown.Append('\'').ToString();
    }
}
