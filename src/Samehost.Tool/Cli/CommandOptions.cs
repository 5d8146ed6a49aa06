using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;
using System.Net.Sockets;
using Samehost.Interop;
using Samehost.SocketFiles;

namespace Samehost.Tool.Cli;

/// <summary>Creates the options that several commands share.</summary>
internal static class CommandOptions
{
    private static readonly string[] Types = ["stream", "datagram", "seqpacket"];

    /// <summary>Creates <c>--type stream|datagram|seqpacket</c>; its value is null when not given.</summary>
    public static Option<SocketType?> Type(string description = "The socket's type: stream (the default), datagram or seqpacket.")
    {
        var option = Parsed<SocketType?>("--type", "TYPE", description, text => text switch
        {
            "stream" => (SocketType.Stream, null),
            "datagram" => (SocketType.Dgram, null),
            "seqpacket" => (SocketType.Seqpacket, null),
            _ => (null, $"'{text}' is not a socket type: use stream, datagram or seqpacket"),
        });
        option.CompletionSources.Add(Types);
        return option;
    }

    /// <summary>Creates <c>--json</c>: one JSON document, or one a line where the output has no end.</summary>
    public static Option<bool> Json(string description = "Print JSON, for programs.") => new("--json") { Description = description };

    /// <summary>Creates an option that takes a peer policy, such as <c>--allow POLICY</c>.</summary>
    public static Option<PeerPolicy?> Policy(string name, string description)
    {
        var option = Parsed<PeerPolicy?>(name, "POLICY", description, ReadPolicy);
        option.CompletionSources.Add("self", "root", "self,root", "anyone", "user:", "uid:", "group:", "gid:");
        return option;
    }

    /// <summary>
    /// Creates an option that takes a time, written <c>200ms</c>, <c>5s</c>, <c>2m</c> or <c>1h</c>; its value is null when not given.
    /// </summary>
    public static Option<TimeSpan?> Duration(string name, string description) =>
        Parsed<TimeSpan?>(name, "TIME", description, text => DurationText.TryParse(text, out var time)
            ? (time, null)
            : (null, $"'{text}' is not a time: use 200ms, 5s, 1.5m or 1h, a day at most"));

    /// <summary>Creates an option that takes a whole number from <paramref name="least"/> to <paramref name="most"/>.</summary>
    public static Option<int?> Number(string name, string helpName, string description, int least, int most) =>
        Parsed<int?>(name, helpName, description, text =>
            Numbers.TryParse(text, out int number)
            && number >= least && number <= most
                ? (number, null)
                : (null, $"'{text}' is not valid for {name}: use a number from {least} to {most}"));

    /// <summary>Creates an option with its own parser, which returns the value or an error message.</summary>
    public static Option<T?> Parsed<T>(string name, string helpName, string description, Func<string, (T? Value, string? Problem)> read)
    {
        var option = new Option<T?>(name)
        {
            Description = description,
            HelpName = helpName,
            CustomParser = result => Read(result, read),
        };
        option.CompletionSources.Clear(); // an enumeration would offer its member names, which are not what users type
        return option;
    }

    private static T? Read<T>(ArgumentResult result, Func<string, (T? Value, string? Problem)> read)
    {
        var (value, problem) = read(result.Tokens[0].Value);
        if (problem is not null)
            result.AddError(problem);
        return value;
    }

    private static (PeerPolicy?, string?) ReadPolicy(string text)
    {
        try
        {
            return (PeerPolicy.Parse(text), null);
        }
        catch (FormatException error)
        {
            return (null, ArgumentErrorText.Of(error));
        }
    }
}

/// <summary>The <c>--mode</c> option: the permissions of a socket file, as chmod(1) takes them.</summary>
internal static class FileModeOption
{
    public static Option<UnixFileMode?> Create(string description)
    {
        var option = CommandOptions.Parsed<UnixFileMode?>("--mode", "MODE", description, Read);
        option.CompletionSources.Add("0600", "0660", "0666");
        return option;
    }

    private static (UnixFileMode?, string?) Read(string text) =>
        SocketFileMode.TryParseOctal(text, out var mode) ? (mode, null) : (null, SocketFileMode.ProblemWithOctal(text));
}

/// <summary>The <c>--group</c> option: the group of a socket file.</summary>
internal static class FileGroupOption
{
    /// <summary>Gets the problem with a group as an error message; null when there is none, and where none was given.</summary>
    public static string? GetError(string? group)
    {
        if (group is "")
            return "--group is empty";
        if (group is null || FilePermissions.FindGroup(group, out _) is not { } problem)
            return null;
        return "--group: " + char.ToLowerInvariant(problem[0]) + problem[1..].TrimEnd('.');
    }
}

/// <summary>Parses and formats times.</summary>
internal static class DurationText
{
    /// <summary>The longest time that every timer of the runtime accepts.</summary>
    private static readonly TimeSpan Longest = TimeSpan.FromDays(1);

    private static readonly (string Unit, double Seconds)[] Units = [("ms", 0.001), ("us", 0.000001), ("s", 1), ("m", 60), ("h", 3600)];

    /// <summary>Parses a number and its unit; without a unit it is seconds, as for sleep(1). The maximum is one day.</summary>
    public static bool TryParse(string text, out TimeSpan time)
    {
        time = TimeSpan.Zero;
        var (unit, seconds) = Array.Find(Units, u => text.EndsWith(u.Unit, StringComparison.Ordinal));
        var number = unit is null ? text : text[..^unit.Length];
        if (!Numbers.TryParseDecimal(number, out var value))
            return false;
        value *= unit is null ? 1 : seconds;
        if (!(value <= Longest.TotalSeconds))
            return false;
        time = TimeSpan.FromSeconds(value);
        return true;
    }

    /// <summary>Formats a time so that <see cref="TryParse"/> can read it: <c>200ms</c>, <c>5s</c>.</summary>
    public static string Format(TimeSpan time) => time < TimeSpan.FromSeconds(1)
        ? string.Create(CultureInfo.InvariantCulture, $"{time.TotalMilliseconds:0.###}ms")
        : string.Create(CultureInfo.InvariantCulture, $"{time.TotalSeconds:0.###}s");
}
