namespace Samehost.Tests.Support;

/// <summary>Event loops come one by one as descriptors do, and stay. For who counts descriptors all of them have to be there.</summary>
internal static class AllLoops
{
    private const int EnoughForAll = 600;

    private static readonly Lazy<bool> Opened = new(() =>
    {
        using var waiting = new WaitingDescriptors();
        for (var i = 0; i < EnoughForAll; i++)
            waiting.Add();
        return true;
    });

    public static void Open() => _ = Opened.Value;
}
