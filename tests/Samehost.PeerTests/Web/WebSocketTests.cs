namespace Samehost.PeerTests.Web;

/// <summary>A WebSocket from Node.</summary>
public sealed class WebSocketTests : WebPeerTest
{
    [Fact(Timeout = 180_000)]
    public async Task Messages_of_Node_are_returned_and_the_connection_is_closed_regularly()
    {
        await using var web = await LocalWeb.StartAsync(Socket);
        await using var node = NodePrograms.Start("websocket.js", Socket, "/ws");

        await node.ExpectAsync(
            "text: hello", "binary: 300000 bytes, the same", "pong: still there?", "closed: 1000 that was all");
        await node.ExpectExitAsync(0);
    }
}
