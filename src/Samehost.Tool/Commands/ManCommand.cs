using System.CommandLine;
using System.Reflection;
using Samehost.Tool.Output;
using Samehost.Tool.Reference;

namespace Samehost.Tool.Commands;

/// <summary><c>samehost man</c>: the man page, from the definitions of the commands.</summary>
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
        Command root = CommandLine.Create();
        string version = typeof(ManCommand).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion
            ?? "";
        Terminal.Write(ManPage.Of(CommandFacts.Of(root), CommandFacts.AllOf(root), version));
        return ExitStatus.Done;
    }
}
