using System.Net.Sockets;
using System.Runtime.InteropServices;
using System.Text;
using Microsoft.Win32.SafeHandles;
using Samehost.Addresses;
using Samehost.Interop;
using Samehost.Systemd;

namespace Samehost;

/// <summary>One descriptor that a service manager has passed. It can be taken once, as what it is.</summary>
/// <remarks>
/// A path belongs to the service manager, so it is never removed, whoever closes the socket. Taking fails without consequence: after an
/// exception the descriptor is still there to be taken otherwise.
/// </remarks>
public sealed class SystemdListenSocket
{
    private readonly Lock _lock = new();
    private Descriptor? _descriptor;

    internal SystemdListenSocket(int index, string name, Descriptor descriptor)
    {
        Index = index;
        Name = name;
        Kind = PassedDescriptor.KindOf(descriptor);
        LocalEndPoint = PassedDescriptor.AddressOf(descriptor, Kind);
        _descriptor = descriptor;
    }

    /// <summary>Its place among those passed, from 0: the order of the lines in the socket unit.</summary>
    public int Index { get; }

    /// <summary>Its name: <c>FileDescriptorName=</c>, by default the socket unit's name; <c>unknown</c> where the manager gives none.
    /// Several may have the same.</summary>
    public string Name { get; }

    /// <summary>What it is.</summary>
    public SystemdSocketKind Kind { get; }

    /// <summary>Its address; null for what is not a local socket.</summary>
    public UnixEndPoint? LocalEndPoint { get; }

    /// <summary>True once it was taken, or closed because nobody took it.</summary>
    public bool IsTaken => Volatile.Read(ref _descriptor) is null;

    /// <summary>Takes it as a listener for streams.</summary>
    /// <param name="options">Who may connect, and whether descriptors are taken; the rest is as the socket unit says.</param>
    /// <exception cref="InvalidOperationException">It is something else, or was taken.</exception>
    /// <exception cref="ArgumentException">An abstract name without a policy.</exception>
    public UnixListener TakeListener(UnixListenerOptions? options = null) =>
        Take(SystemdSocketKind.StreamListener, descriptor => UnixListener.FromDescriptor(descriptor, options));

    /// <summary>Takes it as a listener for seqpacket connections; otherwise as <see cref="TakeListener"/>.</summary>
    /// <exception cref="InvalidOperationException">It is something else, or was taken.</exception>
    /// <exception cref="ArgumentException">An abstract name without a policy.</exception>
    public UnixSeqpacketListener TakeSeqpacketListener(UnixListenerOptions? options = null) =>
        Take(SystemdSocketKind.SeqpacketListener, descriptor => UnixSeqpacketListener.FromDescriptor(descriptor, options));

    /// <summary>Takes it as a datagram socket.</summary>
    /// <param name="options">What concerns the senders. A policy needs <c>PassCredentials=yes</c> in the socket unit, or else the
    /// datagram that started the service does not tell who sent it.</param>
    /// <exception cref="InvalidOperationException">It is something else, or was taken; or there is a policy, and datagrams wait that do
    /// not tell who sent them.</exception>
    /// <exception cref="ArgumentException">An abstract name without a policy.</exception>
    public UnixDatagram TakeDatagram(UnixDatagramOptions? options = null) =>
        Take(SystemdSocketKind.Datagram, descriptor => UnixDatagram.FromDescriptor(descriptor, options));

    /// <summary>Takes it as a connection, which the service manager has accepted from whoever could connect.</summary>
    /// <exception cref="InvalidOperationException">It is something else, or was taken.</exception>
    public UnixStream TakeStream() => Take(SystemdSocketKind.Stream, UnixStream.FromDescriptor);

    /// <summary>Takes it as a seqpacket connection, which the service manager has accepted from whoever could connect.</summary>
    /// <exception cref="InvalidOperationException">It is something else, or was taken.</exception>
    public UnixSeqpacket TakeSeqpacket() => Take(SystemdSocketKind.Seqpacket, UnixSeqpacket.FromDescriptor);

    /// <summary>Takes it as a socket of the runtime, whatever the family.</summary>
    /// <exception cref="InvalidOperationException">It is not a socket, or was taken.</exception>
    public Socket TakeSocket()
    {
        if (Kind == SystemdSocketKind.NotASocket)
            throw Mismatch("a socket");
        return new Socket(new SafeSocketHandle(Release(), ownsHandle: true));
    }

    /// <summary>Takes the descriptor itself, whatever it is. From now on it is the caller's to dispose of.</summary>
    /// <exception cref="InvalidOperationException">It was taken.</exception>
    public SafeFileHandle Take() => new(Release(), ownsHandle: true);

    /// <summary>For logs: <c>web (StreamListener, /run/web.sock)</c>.</summary>
    public override string ToString()
    {
        string name = UnixEndPointPrinter.Escape(Encoding.UTF8.GetBytes(Name));
        return LocalEndPoint is { } address ? $"{name} ({Kind}, {address})" : $"{name} ({Kind})";
    }

    /// <summary>Closes it unless it was taken.</summary>
    internal void Close()
    {
        lock (_lock)
        {
            _descriptor?.Dispose();
            _descriptor = null;
        }
    }

    private T Take<T>(SystemdSocketKind wanted, Func<SafeHandle, T> make)
    {
        if (Kind != wanted)
            throw Mismatch($"a {wanted}");
        lock (_lock)
        {
            var taken = make(_descriptor ?? throw Gone()); // works on a duplicate
            _descriptor.Dispose();
            _descriptor = null;
            return taken;
        }
    }

    private nint Release()
    {
        lock (_lock)
        {
            var descriptor = _descriptor ?? throw Gone();
            nint number = descriptor.Number;
            descriptor.SetHandleAsInvalid();
            _descriptor = null;
            return number;
        }
    }

    private InvalidOperationException Mismatch(string wanted) =>
        new($"Descriptor '{Name}' (index {Index}) is a {Kind}, and {wanted} is wanted: look at the Listen lines of the socket unit.");

    private InvalidOperationException Gone() => new($"Descriptor '{Name}' (index {Index}) was taken or closed already.");
}
