using System.CommandLine;
using System.CommandLine.Parsing;
using Samehost.Interop;

namespace Samehost.Tool.Arguments;

/// <summary>Options that mean the same in every command that has them.</summary>
internal static class CommonOption
{
    private static readonly string[] Types = ["stream", "datagram", "seqpacket"];

    /// <summary><c>--type stream|datagram|seqpacket</c>; null where it was not given.</summary>
    public static Option<SocketKind?> Type(string description = "The socket's type: stream (the default), datagram or seqpacket.")
    {
        var option = Parsed<SocketKind?>("--type", "TYPE", description, text => text switch
        {
            "stream" => (SocketKind.Stream, null),
            "datagram" => (SocketKind.Datagram, null),
            "seqpacket" => (SocketKind.Seqpacket, null),
            _ => (null, $"'{text}' is no type of socket: write stream, datagram or seqpacket"),
        });
        option.CompletionSources.Add(Types);
        return option;
    }

    /// <summary><c>--json</c>: one JSON document, or one a line where there is no end.</summary>
    public static Option<bool> Json(string description = "Print JSON, for programs.") => new("--json") { Description = description };

    /// <summary><c>--allow POLICY</c> and its like.</summary>
    public static Option<PeerPolicy?> Policy(string name, string description)
    {
        var option = Parsed<PeerPolicy?>(name, "POLICY", description, ReadPolicy);
        option.CompletionSources.Add("self", "root", "self,root", "anyone", "user:", "uid:", "group:", "gid:");
        return option;
    }

    /// <summary>A time, written <c>200ms</c>, <c>5s</c>, <c>2m</c> or <c>1h</c>; null where it was not given.</summary>
    public static Option<TimeSpan?> Duration(string name, string description) =>
        Parsed<TimeSpan?>(name, "TIME", description, text => Arguments.Duration.TryParse(text, out TimeSpan time)
            ? (time, null)
            : (null, $"'{text}' is no time: write 200ms, 5s, 1.5m or 1h, a day at most"));

    /// <summary>A whole number from <paramref name="least"/> to <paramref name="most"/>.</summary>
    public static Option<int?> Number(string name, string helpName, string description, int least, int most) =>
        Parsed<int?>(name, helpName, description, text =>
            Numbers.TryParse(text, out int number)
            && number >= least && number <= most
                ? (number, null)
                : (null, $"'{text}' does not do for {name}: write a number from {least} to {most}"));

    /// <summary>An option with a reader of its own, which gives the value or the problem as a sentence.</summary>
    public static Option<T?> Parsed<T>(string name, string helpName, string description, Func<string, (T? Value, string? Problem)> read)
    {
        var option = new Option<T?>(name)
        {
            Description = description,
            HelpName = helpName,
            CustomParser = result => Read(result, read),
        };
        option.CompletionSources.Clear(); // an enumeration would offer its names, which are not what is typed
        return option;
    }

    private static T? Read<T>(ArgumentResult result, Func<string, (T? Value, string? Problem)> read)
    {
        (T? value, string? problem) = read(result.Tokens[0].Value);
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
        catch (ArgumentException error)
        {
            return (null, Problem.Of(error));
        }
    }
}
