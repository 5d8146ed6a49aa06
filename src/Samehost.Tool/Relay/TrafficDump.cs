using System.Globalization;
using System.Text;
using Samehost.Inspection;
using Samehost.Tool.Terminal;

namespace Samehost.Tool.Relay;

/// <summary>Prints the relayed data on standard output: time, connection, direction, length, and the bytes.</summary>
internal sealed class TrafficDump(DumpFormat style) : IRelayObserver
{
    private const string Margin = "  ";

    private readonly Lock _lock = new();
    private readonly Dictionary<(int Connection, Direction Direction), long> _offsets = [];

    public void Listening()
    {
    }

    public void Opened(int connection, string client) =>
        Print(new StringBuilder(), connection, $"= from {PrintableText.Of(client)}");

    public void Passed(int connection, Direction direction, ReadOnlySpan<byte> bytes, IReadOnlyList<DescriptorKinds> descriptors)
    {
        var what = $"{Arrow(direction)} {bytes.Length} {(bytes.Length == 1 ? "byte" : "bytes")}";
        if (descriptors.Count > 0)
        {
            var count = descriptors.Count == 1 ? "a descriptor" : $"{descriptors.Count} descriptors";
            what += $" and {count}: {DescriptorKindNames.Of(descriptors)}";
        }
        var body = new StringBuilder();
        lock (_lock)
        {
            if (style == DumpFormat.Text)
            {
                AppendText(body, bytes);
            }
            else
            {
                _offsets.TryGetValue((connection, direction), out var offset);
                foreach (var row in HexText.Dump(bytes, offset).Split('\n', StringSplitOptions.RemoveEmptyEntries))
                    body.Append(Margin).Append(row).Append('\n');
                _offsets[(connection, direction)] = offset + bytes.Length;
            }
            Print(body, connection, what);
        }
    }

    public void Ended(int connection, Direction direction) => Print(new StringBuilder(), connection, $"{Arrow(direction)} end");

    public void Closed(int connection, RelayLinkResult end)
    {
        lock (_lock)
        {
            _offsets.Remove((connection, Direction.ToServer));
            _offsets.Remove((connection, Direction.ToClient));
        }
        Print(new StringBuilder(), connection, $"= {end}");
    }

    /// <summary>Appends the bytes as lines of text, escaped for a terminal.</summary>
    private static void AppendText(StringBuilder body, ReadOnlySpan<byte> bytes)
    {
        while (!bytes.IsEmpty)
        {
            var newline = bytes.IndexOf((byte)'\n');
            var line = newline < 0 ? bytes : bytes[..newline];
            body.Append(Margin);
            for (int special; (special = line.IndexOfAny("\r\t\\"u8)) >= 0; line = line[(special + 1)..])
            {
                var escape = line[special] switch { (byte)'\r' => "\\r", (byte)'\t' => "\\t", _ => "\\\\" };
                body.Append(PrintableText.Of(line[..special])).Append(escape);
            }
            body.Append(PrintableText.Of(line));
            body.Append(newline < 0 ? "\n" : "\\n\n");
            bytes = newline < 0 ? default : bytes[(newline + 1)..];
        }
    }

    private static char Arrow(Direction direction) => direction == Direction.ToServer ? '>' : '<';

    private static void Print(StringBuilder body, int connection, string what) => TerminalWriter.Write(
        body.Insert(0, string.Create(CultureInfo.InvariantCulture, $"{DateTime.Now:HH:mm:ss.ffffff} {connection} {what}\n")).ToString());
}

/// <summary>The format of the dump.</summary>
internal enum DumpFormat
{
    Text,
    Hex,
}
