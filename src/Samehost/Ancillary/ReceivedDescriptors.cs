using System.Net.Sockets;
using Microsoft.Win32.SafeHandles;
using Samehost.Interop;
using Samehost.Ancillary;

namespace Samehost;

/// <summary>
/// The descriptors that came with a message. It owns each of them until it is taken, and closes the rest when disposed. All are closed on
/// exec.
/// </summary>
public sealed class ReceivedDescriptors : IDisposable
{
    private readonly Descriptor?[] _descriptors;

    internal ReceivedDescriptors(Descriptor?[] descriptors) => _descriptors = descriptors;

    /// <summary>No descriptors.</summary>
    public static ReceivedDescriptors None { get; } = new([]);

    /// <summary>How many came, taken or not.</summary>
    public int Count => _descriptors.Length;

    /// <summary>What a descriptor stands for (fstat(2)).</summary>
    /// <exception cref="InvalidOperationException">It was taken or closed.</exception>
    public DescriptorKinds KindOf(int index) => DescriptorKind.Of(Find(index));

    /// <summary>Takes a descriptor over, as a file handle: for a file, a pipe, a device, or memory. From now on it is the caller's to
    /// dispose of.</summary>
    /// <exception cref="InvalidOperationException">It was taken or closed.</exception>
    public SafeFileHandle Take(int index) => new(Release(index), ownsHandle: true);

    /// <summary>Takes a descriptor over as a socket of the runtime, of whatever family. From now on it is the caller's to dispose
    /// of.</summary>
    /// <exception cref="InvalidOperationException">It was taken or closed, or is not a socket.</exception>
    public Socket TakeSocket(int index)
    {
        if (KindOf(index) != DescriptorKinds.Socket)
            throw new InvalidOperationException($"Descriptor {index} is not a socket but a {KindOf(index)}.");
        return new Socket(new SafeSocketHandle(Release(index), ownsHandle: true));
    }

    /// <summary>Closes those that were not taken.</summary>
    public void Dispose()
    {
        for (int i = 0; i < _descriptors.Length; i++)
            Interlocked.Exchange(ref _descriptors[i], null)?.Dispose();
    }

    private Descriptor Find(int index) => _descriptors[index] ?? throw Gone(index);

    private nint Release(int index)
    {
        var descriptor = Interlocked.Exchange(ref _descriptors[index], null) ?? throw Gone(index);
        nint number = descriptor.Number;
        descriptor.SetHandleAsInvalid();
        return number;
    }

    private static InvalidOperationException Gone(int index) => new($"Descriptor {index} was taken or closed already.");
}
