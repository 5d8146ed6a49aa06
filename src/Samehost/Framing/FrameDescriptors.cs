namespace Samehost.Framing;

/// <summary>The descriptors that came with one frame, or why they are not there.</summary>
internal sealed class FrameDescriptors(ReceivedDescriptors set, DescriptorLoss loss)
{
    public ReceivedDescriptors Set { get; private set; } = set;

    public DescriptorLoss Loss { get; private set; } = loss;

    /// <summary>A second set for the same frame: no honest writer sends one, so the frame loses both.</summary>
    public void Spoil()
    {
        Set.Dispose();
        Set = ReceivedDescriptors.None;
        Loss = DescriptorLoss.TooMany;
    }
}
