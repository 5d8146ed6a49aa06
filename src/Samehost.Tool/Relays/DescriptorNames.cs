namespace Samehost.Tool.Relays;

/// <summary>What descriptors stand for, in words.</summary>
internal static class DescriptorNames
{
    public static string Of(IEnumerable<DescriptorKinds> kinds) => string.Join(", ", kinds.Select(Of));

    public static string Of(DescriptorKinds kind) => kind switch
    {
        DescriptorKinds.File => "file",
        DescriptorKinds.Directory => "directory",
        DescriptorKinds.Socket => "socket",
        DescriptorKinds.Pipe => "pipe",
        DescriptorKinds.Device => "device",
        DescriptorKinds.Memory => "memory",
        _ => "other",
    };
}
