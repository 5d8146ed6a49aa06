using Samehost.Interop;

namespace Samehost.Ancillary;

/// <summary>Finds out what a descriptor stands for.</summary>
internal static class DescriptorKind
{
    public static DescriptorKinds Of(Descriptor descriptor)
    {
        if (LibcFile.Status(descriptor, out var status) < 0)
            return DescriptorKinds.Other;
        return status.Type switch
        {
            FileStatus.S_IFREG => LibcMemory.IsMemory(descriptor) ? DescriptorKinds.Memory : DescriptorKinds.File,
            FileStatus.S_IFDIR => DescriptorKinds.Directory,
            FileStatus.S_IFSOCK => DescriptorKinds.Socket,
            FileStatus.S_IFIFO => DescriptorKinds.Pipe,
            FileStatus.S_IFCHR or FileStatus.S_IFBLK => DescriptorKinds.Device,
            _ => DescriptorKinds.Other,
        };
    }
}
