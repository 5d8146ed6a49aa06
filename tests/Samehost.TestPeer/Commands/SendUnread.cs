namespace Samehost.TestPeer;

/// <summary>
/// <c>send-unread PATH --count N</c>: sends itself so many descriptors, says <c>ready</c>, and receives none of them until the end of its
/// input. The path is not used.
/// </summary>
internal static class SendUnread
{
    private const int AtOnce = 250;

    public static void Run(PeerArguments arguments)
    {
        var (from, to) = UnixStream.CreatePair();
        using (from)
        using (to)
        using (var file = File.OpenHandle("/dev/null"))
        {
            to.AcceptDescriptors = true;
            for (int left = arguments.Number("--count", 1); left > 0; left -= AtOnce)
                from.Send([1], [.. Enumerable.Repeat(file, Math.Min(left, AtOnce))]);
            Console.WriteLine("ready");
            _ = Console.ReadLine();
        }
    }
}
