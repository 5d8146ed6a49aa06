using Xunit;

namespace Samehost.Tests.Sockets;

/// <summary>A connected sender outlives its receiver: it gets an error, and reaches the next receiver.</summary>
[Collection(Support.NonParallel.Name)]
public sealed class RestartedReceiverTests : SocketTest
{
    private readonly byte[] _buffer = new byte[100];

    [Theory(Timeout = Limit), InlineData(true), InlineData(false)]
    public async Task A_connected_sender_finds_a_receiver_that_restarted(bool blocking)
    {
        foreach (var endPoint in new[] { At("r"), AbstractName() })
        {
            using var sender = UnixDatagram.Create();
            var receiver = UnixDatagram.Bind(endPoint, FromUs);
            sender.Connect(endPoint);
            for (var life = 0; life < 3; life++)
            {
                await SendAsync(sender, blocking);
                Assert.Equal(4, receiver.Receive(_buffer).Count);
                receiver.Dispose();
                for (var i = 0; i < 3; i++)
                {
                    var failure = await Assert.ThrowsAsync<UnixSocketException>(() => SendAsync(sender, blocking));
                    Failures.Is(endPoint.Kind == UnixEndPointKind.Pathname ? Errno.ENOENT : Errno.ECONNREFUSED, "send", failure, endPoint);
                }

                receiver = UnixDatagram.Bind(endPoint, FromUs);
            }

            receiver.Dispose();
        }
    }

    [Fact(Timeout = Limit)]
    public async Task A_connected_sender_of_messages_finds_a_receiver_that_restarted()
    {
        using var sender = UnixDatagram.Create();
        using (UnixDatagram.Bind(At("a")))
            sender.Connect(At("a"));
        using var socket = UnixDatagram.Bind(At("a"), new UnixDatagramOptions { ReceiveCredentials = true });
        sender.Send("one"u8, new UnixAncillaryData());
        await sender.SendAsync("two"u8.ToArray(), new UnixAncillaryData(), cancellationToken: Token);
        for (var i = 0; i < 2; i++)
        {
            using var message = socket.Receive(_buffer);
            Assert.Equal((3, Environment.ProcessId), (message.Count, message.Credentials!.ProcessId));
        }
    }

    [Theory(Timeout = Limit), InlineData(true), InlineData(false)]
    public async Task A_connected_sender_of_batches_finds_a_receiver_that_restarted(bool asynchronous)
    {
        using var from = UnixDatagram.Create();
        using (UnixDatagram.Bind(At("a")))
            from.Connect(At("a"));
        using var to = UnixDatagram.Bind(At("a"));
        var batch = new UnixDatagramBatch(4, 10);
        batch.TryAdd([1]);
        batch.TryAdd([2]);
        await BatchTests.SendAsync(from, batch, asynchronous);
        Assert.Equal(2, await BatchTests.ReceiveAsync(to, batch, asynchronous));
    }

    [Theory(Timeout = Limit), InlineData(true), InlineData(false)]
    public async Task A_batch_for_a_closed_receiver_fails(bool asynchronous)
    {
        using var from = UnixDatagram.Create();
        var batch = new UnixDatagramBatch(4, 10);
        batch.TryAdd([1]);
        Task SendAsync() => BatchTests.SendAsync(from, batch, asynchronous);
        Assert.Equal(Errno.ENOTCONN, (await Assert.ThrowsAsync<UnixSocketException>(SendAsync)).Errno);
        using (UnixDatagram.Bind(At("a")))
            from.Connect(At("a"));
        Failures.Is(Errno.ENOENT, "send", await Assert.ThrowsAsync<UnixSocketException>(SendAsync), At("a"));
    }

    private static async Task SendAsync(UnixDatagram sender, bool blocking)
    {
        byte[] bytes = [1, 2, 3, 4];
        if (blocking)
            sender.Send(bytes);
        else
            await sender.SendAsync(bytes, Token);
    }
}
