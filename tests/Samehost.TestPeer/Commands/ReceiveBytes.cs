namespace Samehost.TestPeer;

/// <summary><c>receive-bytes PATH</c>: receives, then says the SHA-256 of what arrived and how many signals it handled.</summary>
internal static class ReceiveBytes
{
    public static void Run(PeerArguments arguments)
    {
        using var transfer = new BulkTransfer(arguments);
        transfer.Receive();
    }
}
