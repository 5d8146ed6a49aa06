namespace Samehost.TestPeer;

/// <summary><c>send-bytes PATH</c>: sends, then says the SHA-256 of what it sent and how many signals it handled.</summary>
internal static class SendBytes
{
    public static void Run(PeerArguments arguments)
    {
        using var transfer = new BulkTransfer(arguments);
        transfer.Send();
    }
}
