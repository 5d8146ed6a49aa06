using Samehost.Programs;
using Samehost.Programs.Interop;
using Samehost.Tool.Terminal;

namespace Samehost.Tool.Connections;

/// <summary>
/// Writes received data to standard output: the bytes of a stream unchanged, records one a line, or either in hexadecimal.
/// </summary>
internal sealed class ReceivedOutput(bool asRecords, bool asHex)
{
    private readonly Lock _oneAtATime = new();
    private byte[] _line = [];
    private long _offset;

    /// <exception cref="OutputException">Writing to standard output failed.</exception>
    public void Write(ReadOnlySpan<byte> bytes)
    {
        lock (_oneAtATime)
        {
            if (asHex)
                TerminalWriter.Write(asRecords ? HexText.Line(bytes) + "\n" : HexText.Dump(bytes, _offset));
            else
                Print(asRecords ? LineOf(bytes) : bytes);
            _offset += bytes.Length;
        }
    }

    private static void Print(ReadOnlySpan<byte> bytes)
    {
        var result = StandardDescriptors.Write(StandardDescriptors.Output, bytes);
        if (result < 0)
            throw new OutputException((Errno)(-result));
    }

    /// <summary>Appends a newline to a record that does not end in one.</summary>
    private ReadOnlySpan<byte> LineOf(ReadOnlySpan<byte> record)
    {
        if (record.EndsWith("\n"u8))
            return record;
        if (_line.Length <= record.Length)
            _line = new byte[record.Length + 1];
        record.CopyTo(_line);
        _line[record.Length] = (byte)'\n';
        return _line.AsSpan(0, record.Length + 1);
    }
}
