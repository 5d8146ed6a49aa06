using System.CommandLine;
using System.Reflection;
using System.Text;
using Samehost.Tool.Cli;
using Samehost.Tool.Terminal;

namespace Samehost.Tool.Reference;

/// <summary>The <c>samehost man</c> command: the man page, generated from the command definitions.</summary>
internal static class ManCommand
{
    public static Command Create()
    {
        var command = new ToolCommand("man", "Print the man page of samehost, for man(1).")
        {
            Examples = [("samehost man | man -l -", "read it")],
        };
        command.SetAction((_, _) => Task.FromResult(Print()));
        return command;
    }

    private static int Print()
    {
        var root = CommandLine.Create();
        var version = typeof(ManCommand).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion
            ?? "";
        TerminalWriter.Write(ManPage.Of(CommandDescription.Of(root), CommandDescription.AllOf(root), version));
        return ExitStatus.Success;
    }
}

/// <summary>Formats the man page in the man(7) macros.</summary>
internal static class ManPage
{
    private const string Addresses = """
        .SH ADDRESSES
        .TP
        .BR /run/app.sock ", " ./app.sock ", " unix:/run/app.sock
        The path of a socket file; a relative one counts from the working directory.
        .TP
        .BR @name ", " unix-abstract:name
        An abstract name: no file, and so no permissions.
        .TP
        .B tcp:HOST:PORT
        A TCP address, where a command takes one; IPv6 in brackets.
        .TP
        .B fd:N
        A descriptor that is open already.
        .PP
        A file that is called like one of these is written with a directory:
        .IR ./fd:3 .
        """;

    private const string End = """
        .SH "EXIT STATUS"
        .TP
        .B 0
        Done.
        .TP
        .B 1
        Failed; standard error says why, and after
        .I hint:
        what to look at.
        .TP
        .B 2
        Wrong usage.
        .TP
        .B 128 + n
        Ended by signal n; 141 when the reader of standard output has closed it.
        .SH ENVIRONMENT
        .TP
        .B NO_COLOR
        When set, no colours; there are none either where the output is not a terminal.
        .SH "SEE ALSO"
        .BR unix (7),
        .BR ss (8),
        .BR socat (1),
        .BR nc (1)
        """;

    public static string Of(CommandDescription root, CommandDescription[] commands, string version)
    {
        var page = new StringBuilder();
        page.Append($".TH SAMEHOST 1 \"\" \"samehost {version}\" \"User Commands\"\n");
        page.Append($".SH NAME\nsamehost \\- {Escape(LowerFirst(root.Description.TrimEnd('.')))}\n.SH SYNOPSIS\n");
        foreach (var command in commands)
            page.Append($".B samehost {Escape(command.Name)}\n{Synopsis(command)}.br\n");
        page.Append(".SH OPTIONS\n");
        foreach (var option in root.Options)
            page.Append(Item(option));
        page.Append(".SH COMMANDS\n");
        foreach (var command in commands)
            page.Append(Section(command));
        return page.Append(Addresses).Append('\n').Append(End).Append('\n').ToString();
    }

    private static string Synopsis(CommandDescription command)
    {
        var arguments = string.Join(' ', command.Arguments.Select(argument =>
            argument.IsOptional ? $"[{argument.Name}]" : argument.Name));
        return (command.Options.Length > 0 ? "[options]" : "") is var options && (arguments + options).Length > 0
            ? $".I {Escape($"{arguments} {options}".Trim())}\n" : "";
    }

    private static string Section(CommandDescription command)
    {
        var text = new StringBuilder($".SS \"samehost {Escape(command.Name)}\"\n{Line(command.Description)}");
        foreach (var paragraph in command.Details)
            text.Append($".PP\n{Line(paragraph)}");
        foreach (var (name, description, _, _) in command.Arguments)
            text.Append($".TP\n.I {Escape(name)}\n{Line(description)}");
        foreach (var option in command.Options)
            text.Append(Item(option));
        if (command.Examples.Count > 0)
            text.Append(".PP\nExamples:\n");
        foreach (var (line, remark) in command.Examples)
            text.Append($".TP\n.B {Escape(line)}\n{Line(char.ToUpperInvariant(remark[0]) + remark[1..] + ".")}");
        return text.ToString();
    }

    private static string Item(OptionDescription option)
    {
        var names = string.Join("\\fR, \\fB", option.Names.Select(Escape));
        var value = option.Value is null ? "" : $" \\fI{Escape(option.Value)}";
        return $".TP\n\\fB{names}{value}\\fR\n{Line(option.Description)}";
    }

    /// <summary>Escapes text on a line of its own: a dot or an apostrophe at its start would be a request.</summary>
    private static string Line(string text) => (text is ['.' or '\'', ..] ? "\\&" : "") + Escape(text) + "\n";

    private static string Escape(string text) => text
        .Replace("\\", "\\e", StringComparison.Ordinal).Replace("-", "\\-", StringComparison.Ordinal)
        .Replace("'", "\\(aq", StringComparison.Ordinal).Replace("\"", "\\(dq", StringComparison.Ordinal)
        .Replace("…", "\\&...", StringComparison.Ordinal).Replace("×", "\\(mu", StringComparison.Ordinal);

    private static string LowerFirst(string text) => text.Length == 0 ? text : char.ToLowerInvariant(text[0]) + text[1..];
}
