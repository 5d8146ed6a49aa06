using System.Globalization;
using System.Text;
using Samehost.Interop;

namespace Samehost.Diagnostics.Sockets;

/// <summary>
/// Finds out which processes have which sockets open, from <c>/proc/PID/fd</c> (proc_pid_fd(5)). It costs a readlink for each descriptor
/// of each process, so that nothing else may cost anything: names stay bytes, directories are descriptors.
/// </summary>
internal sealed class ProcessScan(Dictionary<uint, UnixSocketEntry> sockets)
{
    private const int EACCES = 13;

    private readonly byte[] _processes = new byte[16384];
    private readonly byte[] _descriptors = new byte[16384];
    private readonly byte[] _path = new byte[32];

    /// <summary>Processes whose descriptors we may not see.</summary>
    public int Unreadable { get; private set; }

    /// <summary>Goes through all processes; zero or <c>-errno</c> when there is no /proc.</summary>
    public int Run()
    {
        int result = LibcDirectory.Open(null, "/proc\0"u8, out Descriptor? proc);
        if (result < 0)
            return result;
        using (proc)
        {
            while ((result = LibcDirectory.List(proc!, _processes)) > 0)
            {
                var records = new DirectoryRecords(_processes.AsSpan(0, result));
                while (records.Next())
                {
                    if (Numbers.TryParse(Text(records.Name), out int processId))
                        Look(proc!, processId, Text(records.Name));
                }
            }
        }
        return result;
    }

    private void Look(Descriptor proc, int processId, ReadOnlySpan<byte> digits)
    {
        int result = LibcDirectory.Open(proc, PathOf(digits, "/fd\0"u8), out Descriptor? directory);
        if (result == -EACCES)
            Unreadable++;
        if (result < 0)
            return; // not ours to see, or just ended
        using (directory)
        {
            var process = new Process(this, proc, processId);
            using var lease = new DescriptorLease(directory!);
            Span<byte> target = stackalloc byte[32];
            while ((result = LibcDirectory.List(directory!, _descriptors)) > 0)
            {
                var records = new DirectoryRecords(_descriptors.AsSpan(0, result));
                while (records.Next())
                {
                    int length = LibcDirectory.ReadLink(lease, records.Name, target);
                    if (length == -EACCES)
                    {
                        Unreadable++;
                        return;
                    }
                    if (length > 9 && SocketNumber(target[..length]) is { } inode && sockets.TryGetValue(inode, out var socket)
                        && Numbers.TryParse(Text(records.Name), out int descriptor))
                        process.Has(socket, descriptor);
                }
            }
        }
    }

    /// <summary>The number in <c>socket:[N]</c>.</summary>
    private static uint? SocketNumber(ReadOnlySpan<byte> target) =>
        target.StartsWith("socket:["u8) && target.EndsWith("]"u8) && Numbers.TryParse(target[8..^1], out uint inode) ? inode : null;

    /// <summary>A name without its final NUL and what follows it.</summary>
    private static ReadOnlySpan<byte> Text(ReadOnlySpan<byte> name) => name[..name.IndexOf((byte)0)];

    private Span<byte> PathOf(ReadOnlySpan<byte> digits, ReadOnlySpan<byte> tail)
    {
        digits.CopyTo(_path);
        tail.CopyTo(_path.AsSpan(digits.Length));
        return _path.AsSpan(0, digits.Length + tail.Length);
    }

    /// <summary>One process; its name and user are read when it turns out to have a local socket.</summary>
    private struct Process(ProcessScan scan, Descriptor proc, int processId)
    {
        private byte[]? _command;
        private uint? _user;

        public void Has(UnixSocketEntry socket, int descriptor)
        {
            UnixSocketProcess? holder = socket.LastHolder(processId);
            if (holder is null)
            {
                if (_command is null)
                    Identify();
                socket.Add(holder = new UnixSocketProcess(processId, _user, _command!));
            }
            holder.Add(descriptor);
        }

        private void Identify()
        {
            byte[] digits = Encoding.ASCII.GetBytes(processId.ToString(CultureInfo.InvariantCulture));
            Span<byte> name = stackalloc byte[64];
            int length = LibcDirectory.ReadFile(proc, scan.PathOf(digits, "/comm\0"u8), name);
            _command = length > 0 ? name[..length].TrimEnd((byte)'\n').ToArray() : [];
            // The owner of the directory is the effective user, also of a process that may not be looked into.
            if (LibcFile.Status([.. "/proc/"u8, .. digits], out FileStatus status) >= 0)
                _user = status.User;
        }
    }
}
