using System.Runtime.CompilerServices;
using Samehost.Tool.Cli;
using Samehost.Tool.Terminal;

namespace Samehost.Tool.Serve;

/// <summary>Writes the log of a server to standard error.</summary>
internal sealed class ServeLog(ServeSettings settings) : UnixServerEvents
{
    private int _refused;

    private bool IsVerbose => settings.IsVerbose;

    /// <summary>Logs a refused client. Clients can cause this at will: without --verbose only the first is logged.</summary>
    public override void ConnectionRefused(UnixServerRefusal refusal)
    {
        if (settings.IsVerbose)
            TerminalWriter.WriteError($"refused: {refusal}");
        else if (!settings.IsQuiet && Interlocked.Exchange(ref _refused, 1) == 0)
            TerminalWriter.WriteError($"refused: {refusal.Reason} (see --allow; --verbose logs further ones)");
    }

    public override void AcceptDelayed(UnixSocketException error) =>
        TerminalWriter.WriteError($"{ErrorReport.Summary(error)}; trying again");

    public override void HandlerFailed(UnixServerConnection connection, Exception error)
    {
        if (settings.IsVerbose)
            TerminalWriter.WriteError($"failed: {ErrorReport.Summary(error)}");
    }

    /// <summary>Logs a message with --verbose.</summary>
    public void Verbose(string text)
    {
        if (settings.IsVerbose)
            TerminalWriter.WriteError(text);
    }

    /// <summary>Logs a message with --verbose; without it the text is not even formatted, which may look up a user name.</summary>
    public void Verbose([InterpolatedStringHandlerArgument("")] ref VerboseText text)
    {
        if (settings.IsVerbose)
            TerminalWriter.WriteError(text.ToStringAndClear());
    }

    /// <summary>Logs a message unless --quiet is given.</summary>
    public void Info(string text)
    {
        if (!settings.IsQuiet)
            TerminalWriter.WriteError(text);
    }

    /// <summary>An interpolated string that is formatted only when it is printed.</summary>
    [InterpolatedStringHandler]
    internal ref struct VerboseText
    {
        private DefaultInterpolatedStringHandler _text;

        public VerboseText(int literalLength, int formattedCount, ServeLog log, out bool isPrinted)
        {
            isPrinted = log.IsVerbose;
            _text = isPrinted ? new DefaultInterpolatedStringHandler(literalLength, formattedCount) : default;
        }

        public void AppendLiteral(string value) => _text.AppendLiteral(value);

        public void AppendFormatted<T>(T value) => _text.AppendFormatted(value);

        public string ToStringAndClear() => _text.ToStringAndClear();
    }
}
