namespace Samehost.Tool.Relays;

/// <summary>Which way bytes go. The client is who connected to the relay, the server is what the relay connected to.</summary>
internal enum Direction
{
    ToServer,
    ToClient,
}
