using System.Text;
using Samehost.Addresses;

namespace Samehost.Systemd;

/// <summary>The text of a notification: assignments, one a line.</summary>
internal static class NotifyText
{
    private const int LongestName = 255;

    public static byte[] Bytes(IEnumerable<string> assignments)
    {
        var text = new StringBuilder();
        foreach (string assignment in assignments)
        {
            if (assignment.IndexOf('=', StringComparison.Ordinal) < 1 || assignment.AsSpan().ContainsAny('\n', '\0'))
            {
                throw new ArgumentException(
                    $"A notification is made of lines NAME=VALUE without newline or NUL; '{Shown(assignment)}' is none.",
                    nameof(assignments));
            }

            if (text.Length > 0)
                text.Append('\n');
            text.Append(assignment);
        }

        return Encoding.UTF8.GetBytes(text.ToString());
    }

    /// <summary>One line for people. A line break would begin an assignment of its own, and a NUL makes systemd drop the message.</summary>
    public static string Status(string status)
    {
        ArgumentNullException.ThrowIfNull(status);
        return "STATUS=" + string.Create(status.Length, status, static (line, from) =>
        {
            for (int i = 0; i < line.Length; i++)
                line[i] = char.IsControl(from[i]) ? ' ' : from[i];
        });
    }

    /// <summary>The name of stored descriptors: printable ASCII without a colon, which separates the names when they come back.</summary>
    public static string StoreName(string name)
    {
        ArgumentNullException.ThrowIfNull(name);
        if (name.Length is 0 or > LongestName || name.Any(static c => c is < ' ' or > '~' or ':'))
        {
            throw new ArgumentException(
                $"'{Shown(name)}' cannot name stored descriptors; 1 to {LongestName} printable ASCII letters other than : can.",
                nameof(name));
        }

        return "FDNAME=" + name;
    }

    private static string Shown(string text) => UnixEndPointPrinter.Escape(Encoding.UTF8.GetBytes(text));
}
