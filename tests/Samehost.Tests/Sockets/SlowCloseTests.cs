using System.Net;
using System.Net.Sockets;
using Samehost.Interop;
using Samehost.Tests.Serving;
using Samehost.Tests.Support;
using Xunit;

namespace Samehost.Tests.Sockets;

/// <summary>
/// A peer decides how long close(2) takes for a descriptor that it has sent: here a TCP socket that lingers with bytes that are never read.
/// The thread that closes it waits; other clients must not.
/// </summary>
[Collection(NonParallel.Name)]
public sealed class SlowCloseTests : SocketTest
{
    private static readonly UnixListenerOptions WithDescriptors = new() { AcceptDescriptors = true };

    [Fact(Timeout = 180_000)]
    public async Task Closing_what_is_refused_of_one_client_does_not_hold_up_another()
    {
        var lost = new TaskCompletionSource<DescriptorLoss>(TaskCreationOptions.RunContinuationsAsynchronously);
        // The copy of this process is closed first: otherwise closing it here could be what waits.
        var sent = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var server = UnixServer.Start(
            At("s"),
            async (stream, stopping) =>
            {
                await sent.Task.WaitAsync(stopping);
                var buffer = new byte[64];
                using var message = await stream.ReceiveAsync(buffer, DescriptorOptions.OnlyFiles, stopping);
                if (message.DescriptorLoss != DescriptorLoss.None)
                    lost.SetResult(message.DescriptorLoss);
                await stream.WriteAsync(buffer.AsMemory(0, message.Count), stopping);
            },
            new UnixServerOptions { Listener = WithDescriptors });
        using var other = EchoClient.Connect(At("s"));
        using var attacker = UnixStream.Connect(At("s"));
        using var lingering = new LingeringSocket();

        lingering.SendAndClose(attacker);
        sent.SetResult();

        await other.SendAsync("x");
        Assert.Equal("x", await other.ReceiveAsync(1));
        using var late = EchoClient.Connect(At("s"));
        await late.SendAsync("x");
        Assert.Equal("x", await late.ReceiveAsync(1));
        Assert.False(lost.Task.IsCompleted, "It was closed at once, and so nothing was shown.");

        lingering.Release();
        Assert.Equal(DescriptorLoss.WrongKind, await lost.Task);
    }

    [Fact(Timeout = 180_000)]
    public async Task Closing_a_client_that_is_refused_does_not_hold_up_the_others()
    {
        var policy = PeerPolicy.ForUserId(4_000_000_000); // of no client here
        var listener = UnixListener.Listen(At("s"), new UnixListenerOptions { AcceptDescriptors = true, PeerPolicy = policy });
        using var lingering = new LingeringSocket();
        using var early = UnixStream.Connect(At("s"));
        lingering.SendAndClose(early); // before the server accepts it
        await using var server = UnixServer.Start(listener, EchoClient.ServeAsync);
        for (var i = 0; i < 100; i++)
        {
            using var refused = EchoClient.Connect(At("s"));
            await refused.ExpectClosedAsync();
        }

        lingering.Release();
    }

    /// <summary>A TCP socket that, when it is closed, waits until the other side has taken what it never takes.</summary>
    private sealed class LingeringSocket : IDisposable
    {
        private readonly Socket _listener = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        private readonly Socket _sender = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        private readonly Socket _receiver;

        public LingeringSocket()
        {
            _listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
            _listener.Listen();
            _sender.Connect(_listener.LocalEndPoint!);
            _receiver = _listener.Accept();
            _sender.LingerState = new LingerOption(enable: true, seconds: 120);
            _sender.Blocking = false;
            var block = new byte[1 << 16];
            while (_sender.Send(block, SocketFlags.None, out var error) > 0 || error == SocketError.Success)
            {
            }
        }

        public void SendAndClose(UnixStream stream)
        {
            stream.Send("y"u8, [_sender.SafeHandle]);
            // Not as the runtime closes a socket, without lingering: just this descriptor, so that the one that was sent is the last.
            var number = (int)_sender.SafeHandle.DangerousGetHandle();
            _sender.SafeHandle.SetHandleAsInvalid();
            new Descriptor(number).Dispose();
            GC.SuppressFinalize(_sender); // and it is not disposed: that waits for the handle that it no longer has
        }

        public void Release() => _receiver.Close(timeout: 0); // with bytes unread that is a reset

        public void Dispose()
        {
            _receiver.Dispose();
            _listener.Dispose();
        }
    }
}
