using System.CommandLine;
using System.Net.Sockets;
using Samehost.Tool.Cli;
using Samehost.Tool.Terminal;

namespace Samehost.Tool.Explain;

/// <summary>The <c>samehost explain</c> command.</summary>
internal static class ExplainCommand
{
    public static Command Create()
    {
        var address = new Argument<string>("ADDRESS")
        {
            Description = "A path, absolute or from the working directory, or @NAME for an abstract name.",
        };
        var type = CommandOptions.Type("The type that would connect: stream (the default), datagram or seqpacket.");
        var user = CommandOptions.Parsed("--user", "USER",
            "Who would connect: a name or a number, with other groups as USER:GROUP,GROUP… (default: you).", ReadUser);
        var bind = new Option<bool>("--bind") { Description = "Explain whether a server could bind there instead." };
        var noConnect = new Option<bool>("--no-connect")
        {
            Description = "Do not probe. Otherwise a datagram socket tests whether the file is bound, which no server notices.",
        };
        var json = CommandOptions.Json();
        var command = new ToolCommand("explain", "Say whether connecting would work, and if not why and what to change.")
        {
            Examples =
            [
                ("samehost explain /run/app.sock", "would connecting work?"),
                ("samehost explain /run/app.sock --user www-data", "would the web server?"),
                ("samehost explain /dev/log --type datagram", "with a datagram socket"),
                ("samehost explain --bind /run/app.sock", "could a server start there?"),
            ],
            Details =
            [
                "The exit status is 0 when the call would work, and 1 when it would fail or cannot be determined from here.",
                "Nothing is changed and no server notices. The call is rehearsed, so that sandboxes and security modules count; how " +
                    "a server treats a client that it has accepted is not predicted. For another user than yourself, run it as root.",
            ],
        };
        command.Add(address);
        command.Add(type);
        command.Add(user);
        command.Add(bind);
        command.Add(noConnect);
        command.Add(json);
        command.SetAction(parsed =>
        {
            var options = new UnixExplainOptions
            {
                SocketType = parsed.GetValue(type) ?? SocketType.Stream,
                User = parsed.GetValue(user),
                Probe = !parsed.GetValue(noConnect),
            };
            var explanation = Explain(parsed.GetValue(address)!, parsed.GetValue(bind), options);
            if (parsed.GetValue(json))
                TerminalWriter.Write(ExplanationJson.Of(explanation));
            else
                new ExplanationPrinter(new TerminalWriter()).Print(explanation);
            return explanation.Verdict.Outcome == UnixOutcome.Works ? ExitStatus.Success : ExitStatus.Failure;
        });
        return command;
    }

    private static UnixExplanation Explain(string address, bool bind, UnixExplainOptions options)
    {
        // Local addresses are passed to the library as typed, also invalid ones; the other kinds of address are rejected.
        if (!ToolAddress.IsLocal(address))
            throw new ToolException(ToolAddress.Parse(address, ToolAddressKinds.Local, out _)!, ExitStatus.UsageError);
        try
        {
            if (ArgumentBytes.GetInvalidUtf8(address) is null)
                return bind ? UnixExplanation.ExplainBind(address, options) : UnixExplanation.ExplainConnect(address, options);
            if (ArgumentBytes.ReadAddress(address, out var endPoint) is { } problem)
                throw new ToolException(ArgumentErrorText.Of(problem), ExitStatus.UsageError);
            return bind ? UnixExplanation.ExplainBind(endPoint!, options) : UnixExplanation.ExplainConnect(endPoint!, options);
        }
        catch (Exception error) when (error is FormatException or ArgumentException)
        {
            throw new ToolException(ArgumentErrorText.Of(error), ExitStatus.UsageError);
        }
    }

    private static (UnixUser? User, string? Problem) ReadUser(string text)
    {
        try
        {
            return (UnixUser.Parse(text), null);
        }
        catch (FormatException error)
        {
            return (null, error.Message);
        }
    }

}
