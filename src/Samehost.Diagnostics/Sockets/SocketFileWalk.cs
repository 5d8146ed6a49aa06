using Samehost.Inspection;
using Samehost.Interop;

namespace Samehost.Diagnostics.Sockets;

/// <summary>Collects the socket files of directories, not further down than asked, and gives up when there is too much.</summary>
/// <param name="boundInodes">Files with these numbers are likely to be in use, and are always collected.</param>
/// <param name="isQuick">Looks at little, so that it takes a millisecond or two wherever it is.</param>
internal sealed class SocketFileWalk(HashSet<uint> boundInodes, bool isQuick)
{
    private readonly int _mostEntries = isQuick ? 3_000 : 200_000;
    private readonly int _mostEntriesOfOneDirectory = isQuick ? 500 : int.MaxValue;
    private readonly int _mostDirectories = isQuick ? 100 : 20_000;
    private readonly int _mostOfOneDirectory = isQuick ? 4 : int.MaxValue;
    private readonly MountTable _mounts = new();
    private readonly Dictionary<FileId, int> _depths = [];
    private readonly Stack<byte[]> _buffers = new();
    private int _entries;

    /// <summary>Their paths; one can be there twice when it was reached in two ways.</summary>
    public List<byte[]> Sockets { get; } = [];

    /// <summary>Whether nothing was left out because there is so much.</summary>
    public bool IsComplete { get; private set; } = true;

    /// <summary>Looks into a directory and those below it; one that cannot be read is passed over.</summary>
    public void Visit(ReadOnlySpan<byte> path, int depth) => Visit(null, path, path.ToArray(), depth);

    private void Visit(Descriptor? below, ReadOnlySpan<byte> name, byte[] path, int depth)
    {
        if (_depths.Count >= _mostDirectories || _entries >= _mostEntries)
        {
            IsComplete = false;
            return;
        }
        if (_mounts.IsSlow(path) || LibcDirectory.Open(below, [.. name, 0], out var directory) < 0)
            return;
        using (directory)
        {
            if (LibcFile.Status(directory!, out var status) < 0
                || (_depths.TryGetValue(status.Id, out var earlier) && earlier >= depth))
            {
                return;
            }
            _depths[status.Id] = depth;
            var buffer = _buffers.Count > 0 ? _buffers.Pop() : new byte[8192];
            int length, collected = 0, before = _entries;
            while ((length = LibcDirectory.List(directory!, buffer)) > 0)
            {
                Take(directory!, buffer.AsSpan(0, length), path, depth, ref collected);
                if (_entries < _mostEntries && _entries - before < _mostEntriesOfOneDirectory)
                    continue;
                IsComplete = false;
                break;
            }
            _buffers.Push(buffer);
        }
    }

    private void Take(Descriptor directory, ReadOnlySpan<byte> entries, byte[] path, int depth, ref int collected)
    {
        var records = new DirectoryRecords(entries);
        while (records.Next())
        {
            _entries++;
            var name = records.Name[..records.Name.IndexOf((byte)0)];
            if (records.Type == DirectoryRecords.DT_DIR && depth > 0 && !name.SequenceEqual("."u8) && !name.SequenceEqual(".."u8))
                Visit(directory, name, [.. path, (byte)'/', .. name], depth - 1);
            else if (records.Type is not (DirectoryRecords.DT_SOCK or DirectoryRecords.DT_UNKNOWN))
                continue;
            else if (boundInodes.Contains((uint)records.Inode) || collected++ < _mostOfOneDirectory)
                Sockets.Add([.. path, (byte)'/', .. name]);
            else
                IsComplete = false;
        }
    }
}
