using Samehost.Interop;
using Samehost.Tests.Support;
using Xunit;

namespace Samehost.Tests.Sockets;

/// <summary>A listening socket that was shut down by another process that shares it.</summary>
public sealed class ShutDownListenerTests : IDisposable
{
    private readonly TestDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Theory(Timeout = 180_000)]
    [InlineData(LibcSocket.SHUT_RD)]
    [InlineData(LibcSocket.SHUT_RDWR)]
    public async Task A_waiting_accept_ends_with_EINVAL_too(int how)
    {
        using var listener = UnixListener.Listen(UnixEndPoint.FromPath(_directory["listener.sock"]));
        var waiting = listener.AcceptAsync(TestContext.Current.CancellationToken).AsTask();
        var blocked = Task.Run(listener.Accept, TestContext.Current.CancellationToken);
        Assert.Equal(0, LibcSocket.Shutdown((Descriptor)listener.SafeHandle, how));
        foreach (var accept in (Task<UnixStream>[])[waiting, blocked])
            Assert.Equal(Errno.EINVAL, (await Assert.ThrowsAsync<UnixSocketException>(() => accept)).Errno);
        Assert.Equal(Errno.EINVAL, Assert.Throws<UnixSocketException>(listener.Accept).Errno);
    }
}
