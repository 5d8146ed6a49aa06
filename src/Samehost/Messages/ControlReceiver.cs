using System.Runtime.InteropServices;
using Samehost.Interop;

namespace Samehost.Messages;

/// <summary>Room for the control messages of one receive, and what becomes of them.</summary>
internal static class ControlReceiver
{
    /// <summary>
    /// Room enough for every descriptor that one message can bring, so that what comes is seen whole and then judged, and for
    /// credentials, a pidfd and a security label beside them.
    /// </summary>
    public static readonly int RoomForAll = ControlLayout.Space(ControlLayout.MostDescriptors * sizeof(int)) + RoomForSender;

    /// <summary>Room where descriptors are not wanted: the kernel closes those that come.</summary>
    public static int RoomForSender =>
        ControlLayout.Space(3 * sizeof(int)) + ControlLayout.Space(sizeof(int)) + ControlLayout.Space(256);

    /// <summary>
    /// Takes what came: descriptors that are wanted, the sender's credentials and pidfd. Everything else that is a descriptor is
    /// closed, whatever the buffer holds.
    /// </summary>
    public static ReceivedControl Read(ReadOnlySpan<byte> control, int flags, DescriptorOptions? wanted)
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
        else
            descriptors?.ForEach(static d => d.Dispose());
        return result;
    }

    private static DescriptorLoss Judge(List<Descriptor>? descriptors, bool truncated, DescriptorOptions? wanted)
    {
        if (wanted is null)
            return DescriptorLoss.None; // nobody asked, nobody misses them
        if (truncated)
            return DescriptorLoss.NoRoom;
        if (descriptors is null)
            return DescriptorLoss.None;
        if (descriptors.Count > wanted.MaxCount)
            return DescriptorLoss.TooMany;
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
