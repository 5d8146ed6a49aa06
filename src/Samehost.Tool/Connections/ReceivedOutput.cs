using Samehost.Programs.Interop;
using Samehost.Programs;
using Samehost.Tool.Terminal;

namespace Samehost.Tool.Connections;

/// <summary>Prints what is received, whole: bytes of a stream as they are, records one a line, or either in hexadecimal.</summary>
internal sealed class ReceivedOutput(bool asRecords, bool asHex)
{
    private readonly Lock _oneAtATime = new();
    private byte[] _line = [];
    private long _offset;

    /// <exception cref="OutputException">Standard output cannot be written.</exception>
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
        int result = StandardDescriptors.Write(StandardDescriptors.Output, bytes);
        if (result < 0)
            throw new OutputException((Errno)(-result));
    }

    /// <summary>A record that ends in a newline has its line already.</summary>
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
