using Samehost.Interop;
using Samehost.Tests.Support;
using Xunit;

namespace Samehost.Tests.Serving;

/// <summary>What a server's events report at the end of a connection.</summary>
public sealed class ClientLeavingTests : IDisposable
{
    private readonly TestDirectory _directory = new();
    private readonly RecordingEvents _events = new();

    private UnixEndPoint Path => UnixEndPoint.FromPath(_directory["server.sock"]);

    public void Dispose() => _directory.Dispose();

    [Theory(Timeout = 180_000)]
    [InlineData("write")]
    [InlineData("blocking write")]
    [InlineData("gathered write")]
    [InlineData("send")]
    [InlineData("read")]
    public async Task A_client_that_disconnects_during_an_answer_is_not_a_failure_of_the_handler(string how)
    {
        var answer = new byte[64 * 1024];
        await using var server = Start(async (stream, stopping) =>
        {
            await stream.WriteAsync(answer.AsMemory(0, 1), stopping);
            while (true)
            {
                switch (how)
                {
                    case "write":
                        await stream.WriteAsync(answer, stopping);
                        break;
                    case "blocking write":
                        stream.Write(answer);
                        break;
                    case "gathered write":
                        await stream.WriteAsync([answer.AsMemory(), answer.AsMemory()], stopping);
                        break;
                    case "send":
                        await stream.SendAsync(answer, [], stopping);
                        break;
                    case "read":
                        await stream.ReadExactlyAsync(answer, stopping);
                        break;
                }
            }
        });
        using (var client = UnixStream.Connect(Path))
            await client.ReadExactlyAsync(new byte[how == "read" ? 0 : 1], TestContext.Current.CancellationToken);
        await Eventually.IsTrueAsync(() => _events.Ended == 1);
        Assert.Empty(_events.Failures);
    }

    [Fact(Timeout = 180_000)]
    public async Task A_seqpacket_client_that_disconnects_during_an_answer_is_not_a_failure_of_the_handler()
    {
        await using var server = UnixServer.StartSeqpacket(
            Path,
            async (connection, stopping) =>
            {
                while (true)
                    await connection.SendAsync(new byte[100], stopping);
            },
            new UnixServerOptions { Events = _events });
        using (var client = UnixSeqpacket.Connect(Path))
            await client.ReceiveAsync(new byte[100], null, TestContext.Current.CancellationToken);
        await Eventually.IsTrueAsync(() => _events.Ended == 1);
        Assert.Empty(_events.Failures);
    }

    [Fact(Timeout = 180_000)]
    public async Task A_broken_connection_of_the_handlers_own_is_a_failure_even_if_the_client_has_disconnected()
    {
        await using var server = Start(async (stream, stopping) =>
        {
            await stream.ReadExactlyAsync(new byte[1], stopping);
            var (one, other) = UnixStream.CreatePair();
            other.Dispose();
            using (one)
                await one.WriteAsync(new byte[1], stopping);
        });
        using (var client = UnixStream.Connect(Path))
            await client.WriteAsync(new byte[1], TestContext.Current.CancellationToken);
        await Eventually.IsTrueAsync(() => _events.Ended == 1);
        var failure = Assert.IsType<IOException>(Assert.Single(_events.Failures));
        Assert.Equal(Errno.EPIPE, Assert.IsType<UnixSocketException>(failure.InnerException).Errno);
    }

    [Theory(Timeout = 180_000)]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Credentials_can_be_read_when_the_connection_has_ended(bool handlerDisposes)
    {
        var peer = new TaskCompletionSource<PeerCredentials>(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var server = UnixServer.Start(
            Path,
            (stream, _) =>
            {
                if (handlerDisposes)
                    stream.Dispose();
                return Task.CompletedTask;
            },
            new UnixServerOptions { Events = new ReadingEvents(peer) });
        using var client = UnixStream.Connect(Path);
        var credentials = await peer.Task;
        Assert.Equal((Environment.ProcessId, LibcIdentity.EffectiveUser()), (credentials.ProcessId, credentials.UserId));
    }

    private UnixServer Start(Func<UnixStream, CancellationToken, Task> handler) =>
        UnixServer.Start(Path, handler, new UnixServerOptions { Events = _events });

    private sealed class ReadingEvents(TaskCompletionSource<PeerCredentials> peer) : UnixServerEvents
    {
        public override void ConnectionEnded(UnixServerConnection connection)
        {
            try
            {
                peer.SetResult(connection.Peer);
            }
            catch (ObjectDisposedException e)
            {
                peer.SetException(e);
            }
        }
    }
}
