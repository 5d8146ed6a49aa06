using Samehost.Tool.Commands;
using Samehost.Tool.Output;

namespace Samehost.Tool.Serving;

/// <summary>What an operator reads on standard error while a server runs.</summary>
internal sealed class ServeLog(ServeSettings settings) : UnixServerEvents
{
    private int _refused;

    /// <summary>Who was turned away. A stranger can have this happen as often as he likes: without --verbose the first is told
    /// of.</summary>
    public override void ConnectionRefused(UnixServerRefusal refusal)
    {
        if (settings.IsVerbose)
            Terminal.Error($"refused: {refusal}");
        else if (!settings.IsQuiet && Interlocked.Exchange(ref _refused, 1) == 0)
            Terminal.Error($"refused: {refusal.Reason} (see --allow; further ones are told of with --verbose)");
    }

    public override void AcceptDelayed(UnixSocketException error) => Terminal.Error($"{Failure.Summary(error)}; trying again");

    public override void HandlerFailed(UnixServerConnection connection, Exception error)
    {
        if (settings.IsVerbose)
            Terminal.Error($"failed: {Failure.Summary(error)}");
    }

    /// <summary>Only with --verbose.</summary>
    public void Note(string text)
    {
        if (settings.IsVerbose)
            Terminal.Error(text);
    }

    /// <summary>Unless --quiet.</summary>
    public void Say(string text)
    {
        if (!settings.IsQuiet)
            Terminal.Error(text);
    }
}
