using System.Runtime.InteropServices;
using Samehost.Interop;

namespace Samehost.Ancillary;

/// <summary>Receives control messages: the size of their buffer, and what is kept of them.</summary>
internal static class ControlReceiver
{
    /// <summary>The buffer size for the sender's credentials, which the kernel writes first.</summary>
    public static readonly int SizeForCredentials = ControlLayout.Space(3 * sizeof(int));

    /// <summary>Returns the buffer size for credentials, a pidfd and, if the socket receives it, a security label.</summary>
    public static int SizeForSender(bool label) =>
        SizeForCredentials + ControlLayout.Space(sizeof(int)) + (label ? ControlLayout.Space(256) : 0);

    /// <summary>Returns the buffer size for descriptors: one more than are wanted, which shows that there are too many. Only this size
    /// limits how many the kernel installs in this process before they can be checked.</summary>
    public static int SizeForDescriptors(DescriptorOptions wanted) =>
        ControlLayout.Space(Math.Min(wanted.Freeze().MaxCount + 1, ControlLayout.MostDescriptors) * sizeof(int));

    /// <summary>Receives with a buffer for as many descriptors as the process has free numbers below the reserved ones.</summary>
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
        if (wanted is null || !DescriptorBudget.IsNearEnd)
            return LibcMessage.Receive(socket, bytes, address, control, record, out received);
        lock (DescriptorBudget.Receiving)
        {
            var most = control.Length / sizeof(int); // as many as it could hold if nothing else came
            var count = DescriptorBudget.Count(socket, most);
            var length = (record ? SizeForCredentials : 0) + (count == 0 ? 0 : ControlLayout.HeaderSize + count * sizeof(int));
            return LibcMessage.Receive(
                socket, bytes, address, count == most ? control : control[..Math.Min(length, control.Length)], record, out received);
        }
    }

    /// <summary>
    /// Reads the descriptors that are wanted, the sender's credentials and its pidfd. All other descriptors are closed, whatever the
    /// buffer contains.
    /// </summary>
    public static ReceivedControl Read(ReadOnlySpan<byte> control, int flags, DescriptorOptions? wanted)
    {
        List<IDisposable>? refused = null;
        var result = Read(control, flags, wanted, ref refused);
        refused?.ForEach(static d => d.Dispose());
        return result;
    }

    /// <summary>Reads the same, and leaves it to the caller to close the descriptors that are not wanted, which may block.</summary>
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
                    foreach (var fd in MemoryMarshal.Cast<byte, int>(reader.Payload))
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

        var truncated = (flags & LibcMessage.MSG_CTRUNC) != 0;
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
            return DescriptorLoss.None; // they were not asked for
        if (descriptors is not null && descriptors.Count > wanted.MaxCount)
            return DescriptorLoss.TooMany; // truncated or not: the buffer had space for one too many
        if (truncated || (descriptors is not null && !DescriptorBudget.MayKeep(descriptors)))
            return DescriptorLoss.OutOfDescriptors;
        if (descriptors is null)
            return DescriptorLoss.None;
        return wanted.Kinds == DescriptorKinds.Any || AllAre(wanted.Kinds, descriptors) ? DescriptorLoss.None : DescriptorLoss.WrongKind;
    }

    // A method of its own, so that the closure is allocated only if descriptors came.
    private static bool AllAre(DescriptorKinds kinds, List<Descriptor> descriptors) =>
        descriptors.TrueForAll(d => (kinds & d.GetKind()) != 0);
}

/// <summary>The control data of one message.</summary>
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
