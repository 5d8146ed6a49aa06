// tcgetattr(3), tcsetattr(3), termios(3).
using System.Runtime.InteropServices;

namespace Samehost.Tool.Interop;

/// <summary>Turns off the terminal's echo until it is disposed.</summary>
internal sealed unsafe partial class NoEchoMode : IDisposable
{
    private const int Input = 0;
    private const int TCSANOW = 0;
    private const uint ECHO = 8;
    private const int LocalModesOffset = 12; // after c_iflag, c_oflag and c_cflag
    private const int RoomForTermios = 128; // it has 60 bytes

    private readonly byte[] _before = new byte[RoomForTermios];
    private readonly bool _isTerminal;

    public NoEchoMode()
    {
        fixed (byte* before = _before)
            _isTerminal = tcgetattr(Input, before) == 0;
        if (!_isTerminal)
            return;
        byte[] without = [.. _before];
        var modes = MemoryMarshal.Read<uint>(without.AsSpan(LocalModesOffset)) & ~ECHO;
        MemoryMarshal.Write(without.AsSpan(LocalModesOffset), in modes);
        fixed (byte* settings = without)
            _ = tcsetattr(Input, TCSANOW, settings);
    }

    public void Dispose()
    {
        if (!_isTerminal)
            return;
        fixed (byte* before = _before)
            _ = tcsetattr(Input, TCSANOW, before);
    }

    [LibraryImport("libc")]
    private static partial int tcgetattr(int fd, byte* settings);

    [LibraryImport("libc")]
    private static partial int tcsetattr(int fd, int when, byte* settings);
}
