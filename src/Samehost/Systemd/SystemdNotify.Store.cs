using System.Runtime.InteropServices;
using Samehost.Systemd;

namespace Samehost;

/// <content>The descriptor store: what the manager keeps for us while we restart.</content>
public sealed partial class SystemdNotify
{
    /// <summary>
    /// Gives descriptors to the manager to keep until this service starts again (FDSTORE=1, FDNAME=; <c>FileDescriptorStoreMax=</c> in the
    /// unit). They come back through <see cref="SystemdListenSockets.Take()"/>, with that name.
    /// </summary>
    /// <param name="name">1 to 255 printable ASCII characters without a colon. Several descriptors may have the same.</param>
    /// <param name="descriptors">1 to 253. The manager keeps duplicates: ours stay open, and ours to close.</param>
    /// <param name="keepWhenHungUp">Whether to keep them even when they report an error or a hang-up (FDPOLL=0); otherwise the manager lets
    /// go of, for example, a connection whose peer has left.</param>
    /// <exception cref="ArgumentException">The name cannot be one, or there are no or too many descriptors.</exception>
    /// <exception cref="UnixSocketException">It could not be sent; see <see cref="Send"/>.</exception>
    public bool Store(string name, IReadOnlyList<SafeHandle> descriptors, bool keepWhenHungUp = false)
    {
        ArgumentNullException.ThrowIfNull(descriptors);
        if (descriptors.Count == 0)
            throw new ArgumentException("There is no descriptor to store.", nameof(descriptors));
        string[] store = ["FDSTORE=1", NotifyText.StoreName(name)];
        return Send(keepWhenHungUp ? [.. store, "FDPOLL=0"] : store, descriptors);
    }

    /// <summary>Has the manager let go of all stored descriptors with a name (FDSTOREREMOVE=1).</summary>
    /// <exception cref="ArgumentException">The name cannot be one.</exception>
    /// <exception cref="UnixSocketException">It could not be sent; see <see cref="Send"/>.</exception>
    public bool RemoveStored(string name) => Send(["FDSTOREREMOVE=1", NotifyText.StoreName(name)]);
}
