using System.Runtime.CompilerServices;
using Samehost.Tool.Commands;
using Samehost.Tool.Output;

namespace Samehost.Tool.Serving;

/// <summary>What an operator reads on standard error while a server runs.</summary>
internal sealed class ServeLog(ServeSettings settings) : UnixServerEvents
{
    private int _refused;

    private bool IsVerbose => settings.IsVerbose;

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

    /// <summary>Only with --verbose; without it the text is not even formatted, which may look up the name of a user.</summary>
    public void Note([InterpolatedStringHandlerArgument("")] ref NoteText text)
    {
        if (settings.IsVerbose)
            Terminal.Error(text.ToStringAndClear());
    }

    /// <summary>Unless --quiet.</summary>
    public void Say(string text)
    {
        if (!settings.IsQuiet)
            Terminal.Error(text);
    }

    /// <summary>An interpolated text that is formatted only where it is printed.</summary>
    [InterpolatedStringHandler]
    internal ref struct NoteText
    {
        private DefaultInterpolatedStringHandler _text;

        public NoteText(int literalLength, int formattedCount, ServeLog log, out bool isPrinted)
        {
            isPrinted = log.IsVerbose;
            _text = isPrinted ? new DefaultInterpolatedStringHandler(literalLength, formattedCount) : default;
        }

        public void AppendLiteral(string value) => _text.AppendLiteral(value);

        public void AppendFormatted<T>(T value) => _text.AppendFormatted(value);

        public string ToStringAndClear() => _text.ToStringAndClear();
    }
}
