using System.Runtime.InteropServices;

namespace Samehost.Ancillary;

/// <summary>
/// Walks over the control messages in a buffer. What does not add up (a length that is too short, or goes past the end) ends the walk.
/// </summary>
internal ref struct ControlReader(ReadOnlySpan<byte> control)
{
    private ReadOnlySpan<byte> _rest = control;

    /// <summary>The type of the current message; of interest when <see cref="Level"/> is SOL_SOCKET.</summary>
    public int Type { get; private set; }

    public int Level { get; private set; }

    public ReadOnlySpan<byte> Payload { get; private set; }

    public bool MoveNext()
    {
        int header = ControlLayout.Align(ControlLayout.HeaderSize);
        if (_rest.Length < header)
            return false;
        nint length = MemoryMarshal.Read<nint>(_rest);
        if (length < header || length > _rest.Length)
            return false;
        Level = MemoryMarshal.Read<int>(_rest[nint.Size..]);
        Type = MemoryMarshal.Read<int>(_rest[(nint.Size + sizeof(int))..]);
        Payload = _rest[header..(int)length];
        _rest = _rest[Math.Min(ControlLayout.Align((int)length), _rest.Length)..];
        return true;
    }
}
