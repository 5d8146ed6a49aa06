namespace Samehost.Tool.Arguments;

/// <summary>What <c>--type</c> names (socket(2)); the numbers are the kernel's.</summary>
internal enum SocketKind
{
    Stream = 1,
    Datagram = 2,
    Seqpacket = 5,
}
