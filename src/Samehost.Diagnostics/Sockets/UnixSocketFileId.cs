namespace Samehost.Diagnostics;

/// <summary>
/// Which file a socket is bound to, as the kernel says: it stays the same when the file is renamed, and another file that takes its
/// path has another one.
/// </summary>
/// <remarks>
/// On file systems of layers (overlay, btrfs) the device can differ from what stat(2) shows, and inode numbers are cut to 32 bits.
/// </remarks>
/// <param name="DeviceMajor">The major number of the device.</param>
/// <param name="DeviceMinor">The minor number of the device.</param>
/// <param name="Inode">The low 32 bits of the inode number.</param>
public readonly record struct UnixSocketFileId(uint DeviceMajor, uint DeviceMinor, uint Inode);
