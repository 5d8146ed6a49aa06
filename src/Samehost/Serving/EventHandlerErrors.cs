using System.Globalization;
using Samehost.Inspection;

namespace Samehost.Serving;

/// <summary>Reports what a handler of events throws, where nothing else does, on standard error.</summary>
internal static class EventHandlerErrors
{
    private static readonly ReportQueue<string> Lines = new(static (line, leftOut) => Write(line, leftOut));

    /// <param name="handler">The event or callback, such as <c>UnixServerEvents.ConnectionEnded</c>.</param>
    /// <param name="error">What it threw.</param>
    public static void Report(string handler, Exception error)
    {
        // The text of an exception may hold what a client has sent.
        string text = PrintableText.Of($"{error.GetType()}: {error.Message}");
        Lines.Add($"samehost: {handler} threw {text}");
    }

    private static void Write(string line, long leftOut)
    {
        try
        {
            Console.Error.WriteLine(leftOut == 0
                ? line
                : string.Create(CultureInfo.InvariantCulture, $"{line} ({leftOut} more since the last report)"));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ObjectDisposedException)
        {
            // standard error is closed
        }
    }
}
