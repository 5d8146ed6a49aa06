using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using System.Text;
using Samehost.Serving;
using Samehost.Tests.Support;
using Xunit;

namespace Samehost.Tests.Serving;

/// <summary>Invalid input from the other process of a handover fails as documented, and leaves nothing open.</summary>
[Collection(NonParallel.Name)]
public sealed class HandoverInputTests : HandoverFixture
{
    private const int Rounds = 300;

    private static readonly Dictionary<string, Func<TestDirectory, IDisposable>> Sockets = new()
    {
        ["a listening stream socket"] = d => UnixListener.Listen(Fresh(d)),
        ["a listening seqpacket socket"] = d => UnixSeqpacketListener.Listen(Fresh(d)),
        ["a datagram socket"] = d => UnixDatagram.Bind(Fresh(d)),
        ["a connection"] = _ => UnixStream.CreatePair().First,
        ["a seqpacket connection"] = _ => UnixSeqpacket.CreatePair().First,
        ["a socket that is not connected"] = _ => new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified),
        ["a TCP listener"] = _ => Tcp(listens: true),
        ["a TCP socket"] = _ => Tcp(listens: false),
        ["a file"] = d => File.Create(d[$"{Guid.NewGuid():N}"]),
        ["a device"] = _ => File.OpenHandle("/dev/null"),
    };

    public HandoverInputTests() => AllLoops.Open();

    [Theory(Timeout = 60_000)]
    [InlineData("listener\0relative.sock")]
    [InlineData("listener\0/run/\0x.sock")]
    [InlineData("listener\0/run/")]
    [InlineData("listener\0/")]
    [InlineData("listener\0\0")]
    [InlineData("listener\0/{200}")]
    [InlineData("listener\0/{70000}")]
    [InlineData("listener {200}")]
    [InlineData("Listener\0/run/x.sock")]
    [InlineData("connection\0")]
    [InlineData("commit")]
    [InlineData("\0")]
    public async Task An_invalid_record_is_an_IOException(string text)
    {
        var record = Encoding.UTF8.GetBytes(text.Replace("{200}", new string('x', 200), StringComparison.Ordinal)
            .Replace("{70000}", new string('x', 70_000), StringComparison.Ordinal));
        using var listener = UnixListener.Listen(Path);
        var before = new OpenDescriptors();
        await Assert.ThrowsAsync<IOException>(() => RequestFromAsync(record, [listener.SafeHandle]));
        await before.AreBackAsync();
    }

    [Theory(Timeout = 60_000)]
    [InlineData("a datagram socket")]
    [InlineData("a connection")]
    [InlineData("a seqpacket connection")]
    [InlineData("a socket that is not connected")]
    [InlineData("a TCP listener")]
    [InlineData("a TCP socket")]
    [InlineData("a file")]
    [InlineData("a device")]
    [InlineData("a listening stream socket", "a listening stream socket")]
    [InlineData("a listening stream socket", "a file")]
    [InlineData]
    public async Task A_wrong_descriptor_instead_of_the_listener_is_an_IOException(params string[] sent)
    {
        var record = HandoverProtocol.Record(HandoverProtocol.Listener, Path.NameBytes.Span);
        var before = new OpenDescriptors();
        using (var held = new Held(Directory, sent))
            await Assert.ThrowsAsync<IOException>(() => RequestFromAsync(record, held.Handles));
        await before.AreBackAsync();
    }

    [Theory(Timeout = 60_000)]
    [InlineData(0, "a datagram socket")]
    [InlineData(0, "a listening stream socket")]
    [InlineData(0, "a seqpacket connection")]
    [InlineData(0, "a socket that is not connected")]
    [InlineData(0, "a TCP listener")]
    [InlineData(0, "a TCP socket")]
    [InlineData(0, "a file")]
    [InlineData(0, "a connection", "a connection")]
    [InlineData(0)]
    [InlineData(HandoverProtocol.MaxState + 1, "a connection")]
    [InlineData(HandoverProtocol.MaxRecord, "a connection")]
    public async Task A_wrong_connection_is_an_IOException_and_those_before_it_are_closed(int state, params string[] sent)
    {
        var before = new OpenDescriptors();
        using (var listener = UnixListener.Listen(Path))
        {
            var (kept, given) = UnixStream.CreatePair();
            using (kept)
            {
                var predecessor = PrecedeAsync(async control =>
                {
                    var shared = HandoverProtocol.Record(HandoverProtocol.Listener, Path.NameBytes.Span);
                    await control.SendAsync(shared, [listener.SafeHandle]);
                    await HandoverProtocol.ExpectAsync(control, HandoverProtocol.Ready, default);
                    using (given)
                        await control.SendAsync(HandoverProtocol.Record(HandoverProtocol.Connection, "1"u8), [given.SafeHandle]);
                    using var held = new Held(Directory, sent);
                    await control.SendAsync(HandoverProtocol.Record(HandoverProtocol.Connection, new byte[state]), held.Handles);
                });
                await using (var accepted = await AcceptAsync())
                    await Assert.ThrowsAsync<IOException>(() => CompleteAsync(accepted));
                await predecessor;
                Assert.Equal(0, await kept.ReadAsync(new byte[1], TestContext.Current.CancellationToken));
            }
        }
        await before.AreBackAsync();
    }

    [Fact(Timeout = 180_000)]
    public async Task A_successor_fails_as_documented_for_any_records_of_a_predecessor()
    {
        var seed = Environment.TickCount;
        var random = new Random(seed);
        var right = HandoverProtocol.Record(HandoverProtocol.Listener, Path.NameBytes.Span);
        string[] kinds = [.. Sockets.Keys];
        var before = new OpenDescriptors();
        for (var round = 0; round < Rounds; round++)
        {
            var record = Changed(random, right);
            using var held = new Held(Directory, random.GetItems(kinds, random.Next(4)));
            try
            {
                await RequestFromAsync(record, held.Handles);
            }
            catch (Exception e)
            {
                Assert.True(e is IOException or UnixSocketException, $"seed {seed}, {Convert.ToHexString(record)}: {e}");
            }
        }
        await before.AreBackAsync();
    }

    [Fact(Timeout = 180_000)]
    public async Task A_server_continues_and_can_be_handed_over_after_any_records_of_a_candidate()
    {
        var seed = Environment.TickCount;
        var random = new Random(seed);
        string[] kinds = [.. Sockets.Keys];
        await using var server = UnixServer.Start(Path, Connections.ServeAsync);
        await using var handover = UnixHandover.Offer(Control, server, Plain);
        var before = new OpenDescriptors();
        for (var round = 0; round < Rounds; round++)
        {
            using var candidate = UnixSeqpacket.Connect(Control, new UnixConnectOptions { AcceptDescriptors = true });
            using var held = new Held(Directory, random.GetItems(kinds, random.Next(3)));
            try
            {
                string[] words = [HandoverProtocol.Request, HandoverProtocol.Ready, HandoverProtocol.Confirmed];
                foreach (var word in words[..random.Next(words.Length)])
                {
                    candidate.Send(Encoding.ASCII.GetBytes(word));
                    using var answer = candidate.Receive(new byte[HandoverProtocol.MaxRecord]);
                }
                // Never all three: that would be a successor.
                candidate.Send(Changed(random, Encoding.ASCII.GetBytes("request 1 or else\n")), held.Handles);
            }
            catch (UnixSocketException e) when (e.Errno is Errno.EPIPE or Errno.ECONNRESET or Errno.EPERM)
            {
                // it has disconnected, or the kernel refuses descriptors for it
            }
        }

        await before.AreBackAsync();
        Assert.False(handover.Completion.IsCompleted, $"seed {seed}");
        await ExpectServedAsync();
        await using var next = await AcceptAndServeAsync();
        await handover.Completion;
        Assert.All(Failures, e => Assert.True(e is IOException or UnixSocketException, $"seed {seed}: {e}"));
    }

    private static byte[] Changed(Random random, byte[] record)
    {
        byte[] changed = [.. record];
        switch (random.Next(5))
        {
            case 0: // cut off
                return changed[..random.Next(1, changed.Length)];
            case 1: // anything at all
                changed = new byte[random.Next(1, 300)];
                random.NextBytes(changed);
                return changed;
            case 2: // longer
                return [.. changed, .. new byte[random.Next(1, 70_000)]];
            default:
                for (var i = random.Next(4); i >= 0; i--)
                    changed[random.Next(changed.Length)] = (byte)random.Next(256);
                return changed;
        }
    }

    /// <summary>Requests a handover from a predecessor that answers with this record, and closes what was received.</summary>
    private async Task RequestFromAsync(byte[] record, SafeHandle[] descriptors)
    {
        var predecessor = PrecedeAsync(async control => await control.SendAsync(record, descriptors));
        try
        {
            await using var taken = await AcceptAsync();
        }
        finally
        {
            await predecessor;
        }
    }

    private Task PrecedeAsync(Func<UnixSeqpacket, Task> answer)
    {
        var offer = UnixSeqpacketListener.Listen(Control); // at once, so that the request finds it
        return AnswerAsync();

        async Task AnswerAsync()
        {
            using (offer)
            {
                using var control = await offer.AcceptAsync();
                await HandoverProtocol.ExpectAsync(control, HandoverProtocol.Request, default);
                await answer(control);
                using var end = await control.ReceiveAsync(new byte[64]); // until the other side has left, or goes on
            }
        }
    }

    private static UnixEndPoint Fresh(TestDirectory directory) => UnixEndPoint.FromPath(directory[$"{Guid.NewGuid():N}"[..8]]);

    private static Socket Tcp(bool listens)
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        if (listens)
            socket.Listen();
        return socket;
    }

    /// <summary>Descriptors to send, closed afterwards.</summary>
    private sealed class Held(TestDirectory directory, string[] kinds) : IDisposable
    {
        private readonly IDisposable[] _open = [.. kinds.Select(kind => Sockets[kind](directory))];

        public SafeHandle[] Handles => [.. _open.Select(open => open switch
        {
            UnixListener listener => listener.SafeHandle,
            UnixSeqpacketListener listener => listener.SafeHandle,
            UnixDatagram datagram => datagram.SafeHandle,
            UnixStream stream => stream.SafeHandle,
            UnixSeqpacket seqpacket => seqpacket.SafeHandle,
            Socket socket => socket.SafeHandle,
            FileStream file => file.SafeFileHandle,
            _ => (SafeHandle)open,
        })];

        public void Dispose() => Array.ForEach(_open, open => open.Dispose());
    }
}
