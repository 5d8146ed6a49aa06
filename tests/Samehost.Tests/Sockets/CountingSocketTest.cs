using Samehost.Tests.Support;

namespace Samehost.Tests.Sockets;

/// <summary>Tests that fail when they leave a socket or an event descriptor open. They have to run alone.</summary>
public abstract class CountingSocketTest : SocketTest
{
    private readonly OpenDescriptors _before;

    protected CountingSocketTest()
    {
        AllLoops.Open();
        _before = new OpenDescriptors();
    }

    public override async ValueTask DisposeAsync()
    {
        await _before.AreBackAsync();
        await base.DisposeAsync();
        GC.SuppressFinalize(this);
    }

    /// <summary>Until a read of this stream's waits.</summary>
    protected static Task WaitsAsync(UnixStream stream) => Eventually.IsTrueAsync(() => !stream.Context.Readers.IsEmpty, "a read waits");
}
