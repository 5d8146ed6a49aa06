using System.Net.Sockets;
using Microsoft.Win32.SafeHandles;
using Samehost.Interop;

namespace Samehost;

/// <summary>Owns the descriptors that came with a message, until each is taken, and closes the others when it is disposed.</summary>
/// <remarks>All of them are closed on exec (FD_CLOEXEC).</remarks>
public sealed class ReceivedDescriptors : IDisposable
{
    private readonly Descriptor?[] _descriptors;

    internal ReceivedDescriptors(Descriptor?[] descriptors) => _descriptors = descriptors;

    /// <summary>Gets the empty set.</summary>
    public static ReceivedDescriptors None { get; } = new([]);

    /// <summary>Gets the number of descriptors that came, including those that were taken.</summary>
    public int Count => _descriptors.Length;

    /// <summary>Returns what a descriptor refers to (fstat(2)).</summary>
    /// <exception cref="InvalidOperationException">It was taken or closed.</exception>
    public DescriptorKinds GetKind(int index) => Find(index).GetKind();

    /// <summary>Takes a descriptor as a file handle, which the caller owns from then on.</summary>
    /// <exception cref="InvalidOperationException">It was taken or closed.</exception>
    public SafeFileHandle Take(int index) => new(Release(index), ownsHandle: true);

    /// <summary>Takes a descriptor as a <see cref="Socket"/> of any family, which the caller owns from then on.</summary>
    /// <exception cref="InvalidOperationException">It was taken or closed, or is not a socket.</exception>
    public Socket TakeSocket(int index)
    {
        if (GetKind(index) is not DescriptorKinds.Socket and var kind)
            throw new InvalidOperationException($"Descriptor {index} is not a socket but a {kind}.");
        return new Socket(new SafeSocketHandle(Release(index), ownsHandle: true));
    }

    /// <summary>Closes the descriptors that were not taken.</summary>
    public void Dispose()
    {
        for (var i = 0; i < _descriptors.Length; i++)
            Interlocked.Exchange(ref _descriptors[i], null)?.Dispose();
    }

    private Descriptor Find(int index) => _descriptors[index] ?? throw Taken(index);

    private nint Release(int index)
    {
        var descriptor = Interlocked.Exchange(ref _descriptors[index], null) ?? throw Taken(index);
        nint number = descriptor.Number;
        descriptor.SetHandleAsInvalid();
        return number;
    }

    private static InvalidOperationException Taken(int index) => new($"Descriptor {index} was taken or closed already.");
}

/// <summary>Extends descriptors with their kind.</summary>
internal static class DescriptorExtensions
{
    /// <summary>Returns what a descriptor refers to (fstat(2)).</summary>
    public static DescriptorKinds GetKind(this Descriptor descriptor)
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
