namespace Samehost.Tests.Sockets;

/// <summary>Tests on two streams that are connected with each other.</summary>
public abstract class StreamPairTest : SocketTest
{
    protected StreamPairTest() => (Near, Far) = UnixStream.CreatePair();

    protected UnixStream Near { get; }

    protected UnixStream Far { get; }

    public override async ValueTask DisposeAsync()
    {
        await Near.DisposeAsync();
        await Far.DisposeAsync();
        await base.DisposeAsync();
        GC.SuppressFinalize(this);
    }
}
