using System.Runtime.InteropServices;
using Samehost.Interop;

namespace Samehost.Ancillary;

/// <summary>Room for the control messages of one receive, and what becomes of them.</summary>
internal static class ControlReceiver
{
    /// <summary>Room for the sender's credentials, which the kernel puts first, where they are all that is wanted.</summary>
    public static readonly int RoomForCredentials = ControlLayout.Space(3 * sizeof(int));

    /// <summary>Room for what comes beside descriptors: credentials, a pidfd, and a security label where the socket has it sent.</summary>
    public static int RoomForSender(bool label) =>
        RoomForCredentials + ControlLayout.Space(sizeof(int)) + (label ? ControlLayout.Space(256) : 0);

    /// <summary>Room for descriptors: for one more than are wanted, which shows that there are too many. Nothing else bounds how many the
    /// kernel installs in this process before they can be judged.</summary>
    public static int RoomForDescriptors(DescriptorOptions wanted) =>
        ControlLayout.Space(Math.Min(wanted.MaxCount + 1, ControlLayout.MostDescriptors) * sizeof(int));

    /// <summary>Receives with as much room for descriptors as the process has numbers for, below those that are reserved.</summary>
    /// <returns>As <see cref="LibcMessage.Receive"/>.</returns>
    public static int Receive(
        Descriptor socket,
        Span<byte> bytes,
        Span<byte> address,
        Span<byte> control,
        bool record,
        DescriptorOptions? wanted,
        out ReceivedHeader received)
    {
        if (wanted is null || !DescriptorRoom.IsNearEnd)
            return LibcMessage.Receive(socket, bytes, address, control, record, out received);
        lock (DescriptorRoom.Receiving)
        {
            int most = control.Length / sizeof(int); // as many as it could hold if nothing else came
            int count = DescriptorRoom.Count(socket, most);
            int length = (record ? RoomForCredentials : 0) + (count == 0 ? 0 : ControlLayout.HeaderSize + count * sizeof(int));
            return LibcMessage.Receive(
                socket, bytes, address, count == most ? control : control[..Math.Min(length, control.Length)], record, out received);
        }
    }

    /// <summary>
    /// Takes what came: descriptors that are wanted, the sender's credentials and pidfd. Everything else that is a descriptor is
    /// closed, whatever the buffer holds.
    /// </summary>
    public static ReceivedControl Read(ReadOnlySpan<byte> control, int flags, DescriptorOptions? wanted)
    {
        List<IDisposable>? refused = null;
        var result = Read(control, flags, wanted, ref refused);
        refused?.ForEach(static d => d.Dispose());
        return result;
    }

    /// <summary>The same, with the descriptors that are not wanted left to the caller to close: that may block.</summary>
    public static ReceivedControl Read(
        ReadOnlySpan<byte> control, int flags, DescriptorOptions? wanted, ref List<IDisposable>? refused)
    {
        var result = new ReceivedControl();
        List<Descriptor>? descriptors = null;
        var reader = new ControlReader(control);
        while (reader.MoveNext())
        {
            if (reader.Level != ControlLayout.SOL_SOCKET)
                continue;
            switch (reader.Type)
            {
                case ControlLayout.SCM_RIGHTS:
                    foreach (int fd in MemoryMarshal.Cast<byte, int>(reader.Payload))
                        (descriptors ??= []).Add(new Descriptor(fd));
                    break;
                case ControlLayout.SCM_CREDENTIALS when reader.Payload.Length >= 3 * sizeof(int):
                    result.Sender = MemoryMarshal.Read<UCred>(reader.Payload);
                    break;
                case ControlLayout.SCM_PIDFD
                    when reader.Payload.Length >= sizeof(int) && MemoryMarshal.Read<int>(reader.Payload) is >= 0 and var pidfd:
                    result.PidFd?.Dispose();
                    result.PidFd = new Descriptor(pidfd);
                    break;
            }
        }

        bool truncated = (flags & LibcMessage.MSG_CTRUNC) != 0;
        result.Loss = Judge(descriptors, truncated, wanted);
        if (result.Loss == DescriptorLoss.None && descriptors is not null && wanted is not null)
            result.Descriptors = new ReceivedDescriptors([.. descriptors]);
        else if (descriptors is not null)
            (refused ??= []).AddRange(descriptors);
        return result;
    }

    private static DescriptorLoss Judge(List<Descriptor>? descriptors, bool truncated, DescriptorOptions? wanted)
    {
        if (wanted is null)
            return DescriptorLoss.None; // nobody asked, nobody misses them
        if (descriptors is not null && descriptors.Count > wanted.MaxCount)
            return DescriptorLoss.TooMany; // truncated or not: there was room for one too many
        if (truncated || (descriptors is not null && !DescriptorRoom.MayKeep(descriptors)))
            return DescriptorLoss.NoRoom;
        if (descriptors is null)
            return DescriptorLoss.None;
        return wanted.Kinds == DescriptorKinds.Any || AllAre(wanted.Kinds, descriptors) ? DescriptorLoss.None : DescriptorLoss.WrongKind;
    }

    // Of its own: here a lambda is made only where descriptors came, and not with every message.
    private static bool AllAre(DescriptorKinds kinds, List<Descriptor> descriptors) =>
        descriptors.TrueForAll(d => (kinds & DescriptorKind.Of(d)) != 0);
}

/// <summary>What came beside the bytes.</summary>
internal struct ReceivedControl
{
    public ReceivedControl()
    {
    }

    public ReceivedDescriptors Descriptors { get; set; } = ReceivedDescriptors.None;

    public DescriptorLoss Loss { get; set; }

    public UCred? Sender { get; set; }

    public Descriptor? PidFd { get; set; }
}
