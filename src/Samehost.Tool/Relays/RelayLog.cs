using Samehost.Tool.Commands;
using Samehost.Tool.Output;

namespace Samehost.Tool.Relays;

/// <summary>Notes for the operator, on standard error.</summary>
internal sealed class RelayLog(bool isQuiet)
{
    public void Say(string text)
    {
        if (!isQuiet)
            Terminal.Error(text);
    }

    /// <summary>Something that went wrong, which is said in any case.</summary>
    public void Problem(string what, Exception error)
    {
        Terminal.Error($"{what}: {Failure.Summary(error)}");
        if (!isQuiet && Failure.Hint(error) is { } hint)
            Terminal.Hint(hint);
    }
}
