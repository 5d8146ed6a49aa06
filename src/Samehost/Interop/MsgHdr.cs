// recvmsg(2), sendmsg(2): struct msghdr and struct iovec as glibc and musl lay them out on 64-bit Linux.
using System.Runtime.InteropServices;

namespace Samehost.Interop;

[StructLayout(LayoutKind.Sequential)]
internal unsafe struct MsgHdr
{
    public byte* Name;
    public uint NameLength;
    public IoVec* Vectors;
    public nuint VectorCount;
    public byte* Control;
    public nuint ControlLength;
    public int Flags;
}

[StructLayout(LayoutKind.Sequential)]
internal unsafe struct IoVec
{
    public void* Base;
    public nuint Length;
}
