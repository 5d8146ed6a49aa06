using System.Runtime.CompilerServices;
using Samehost.Tool.Cli;
using Samehost.Tool.Terminal;

namespace Samehost.Tool.Serve;

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
            TerminalWriter.WriteError($"refused: {refusal}");
        else if (!settings.IsQuiet && Interlocked.Exchange(ref _refused, 1) == 0)
            TerminalWriter.WriteError($"refused: {refusal.Reason} (see --allow; further ones are told of with --verbose)");
    }

    public override void AcceptDelayed(UnixSocketException error) => TerminalWriter.WriteError($"{ErrorReport.Summary(error)}; trying again");

    public override void HandlerFailed(UnixServerConnection connection, Exception error)
    {
        if (settings.IsVerbose)
            TerminalWriter.WriteError($"failed: {ErrorReport.Summary(error)}");
    }

    /// <summary>Only with --verbose.</summary>
    public void Note(string text)
    {
        if (settings.IsVerbose)
            TerminalWriter.WriteError(text);
    }

    /// <summary>Only with --verbose; without it the text is not even formatted, which may look up the name of a user.</summary>
    public void Note([InterpolatedStringHandlerArgument("")] ref NoteText text)
    {
        if (settings.IsVerbose)
            TerminalWriter.WriteError(text.ToStringAndClear());
    }

    /// <summary>Unless --quiet.</summary>
    public void Say(string text)
    {
        if (!settings.IsQuiet)
            TerminalWriter.WriteError(text);
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
