using System.Text;
using System.Text.RegularExpressions;
using Samehost.Tool.Cli;
using Samehost.Tool.Replay;

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
        CheckBytes(input);
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
            return GetKind(e);
        }
    }

    private static void CheckBytes(byte[] input)
    {
        Func<byte[], UnixEndPoint>[] factories = [static b => UnixEndPoint.FromPath(b), static b => UnixEndPoint.FromAbstractName(b)];
        foreach (var create in factories)
        {
            try
            {
                var address = create(input);
                Require(address.NameBytes.Span.SequenceEqual(input), "the name is not the bytes that were given");
                Check(address);
            }
            catch (ArgumentException)
            {
                // not a valid name
            }
        }
    }

    private static void Check(UnixEndPoint address)
    {
        var printed = address.ToString();
        var longest = address.Kind == UnixEndPointKind.Abstract ? UnixEndPoint.MaxNameLength : 4095; // PATH_MAX, with its NUL
        Require(address.NameBytes.Length > 0 && address.NameBytes.Length <= longest, $"the name has {address.NameBytes.Length} bytes");
        Require(UntrustedText.IsPrintable(printed), $"it prints as {UntrustedText.Show(printed)}");
        var again = (UnixEndPoint)address.Create(address.Serialize());
        Require(again == address && again.GetHashCode() == address.GetHashCode(), "the kernel's form of the address is read as another");
        // Without escapes the printed form is parsed as the same address, or refused because it looks like another notation.
        if (!printed.Contains("\\x", StringComparison.Ordinal) && !printed.Contains('\ufffd', StringComparison.Ordinal))
        {
            Require(
                !UnixEndPoint.TryParse(printed, out var parsed) || parsed == address, $"'{printed}' is read as another address");
        }
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
                Require(!NumberTerm().IsMatch(word) || Digits().IsMatch(word), $"a number is not digits: {UntrustedText.Show(word)}");
            }
            return $"read {printed.Count(static c => c == ',')} {printed.Length >> 3}";
        }
        catch (FormatException e)
        {
            Require(!PeerPolicy.TryParse(text, out _), "TryParse reads what Parse refuses");
            return GetKind(e);
        }
    }

    [GeneratedRegex("^(uid|gid):")]
    private static partial Regex NumberTerm();

    [GeneratedRegex(@"\A(uid|gid):[0-9]+\z")]
    private static partial Regex Digits();
}

/// <summary>Checks and prints text that may contain characters which must not be written to a terminal.</summary>
internal static class UntrustedText
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

/// <summary>Recordings, which <c>samehost replay</c> reads.</summary>
internal sealed class RecordingTarget : FuzzTarget
{
    public override string Name => "recordings";

    public override IReadOnlyList<string> Words { get; } =
    [
        "{\"samehost\":\"recording 1\",\"type\":\"stream\"}\n", "{\"time\":0,\"connection\":1,\"event\":\"open\"}\n", "\"event\":\"data\"",
        "\"direction\":\"to-server\"", "\"direction\":\"to-client\"", "\"bytes\":\"aGVsbG8=\"", "\"event\":\"end\"", "\"event\":\"close\"",
        "1e999", "-1", "null", "\"descriptors\":[\"file\"]", "\n", "{", "}", ",", "[[[[", "\\u0000", "2147483648",
    ];

    public override ValueTask DisposeAsync() => ValueTask.CompletedTask;

    public override string Run(byte[] input)
    {
        try
        {
            var recording = Recording.Parse("recording", input);
            foreach (var one in recording.Events)
            {
                Require(one.Connection > 0, $"connection {one.Connection}");
                Require(one.Time >= 0 && double.IsFinite(one.Time), $"line {one.Line} happens after {one.Time} seconds");
            }
            var events = string.Join('|', recording.Events.Take(4).Select(e => e.Event));
            return $"{recording.SocketType} {recording.Events.Count >> 1} {events}";
        }
        catch (ToolException e)
        {
            return GetKind(e);
        }
    }
}
