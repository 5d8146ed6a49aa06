using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Invocation;

namespace Samehost.Tool.Commands;

/// <summary>The usual help, 80 columns wide, and below it something to copy.</summary>
internal sealed class HelpWithExamples : SynchronousCommandLineAction
{
    private const string Examples = """
        Examples:
          samehost tour                   servers, clients, and five common errors
          samehost tour --file words.txt  send your lines and check every answer

        Exit status: 0 done, 1 failed, 2 wrong usage.
        """;

    private readonly HelpAction _usual = new() { MaxWidth = 80 };

    public override bool ClearsParseErrors => true;

    public override int Invoke(ParseResult parseResult)
    {
        int status = _usual.Invoke(parseResult);
        parseResult.InvocationConfiguration.Output.WriteLine(Examples);
        return status;
    }
}
