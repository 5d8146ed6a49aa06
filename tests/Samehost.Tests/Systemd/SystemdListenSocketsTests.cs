using System.Net;
using System.Net.Sockets;
using Samehost.Tests.Support;
using Samehost.Tests.Systemd.Interop;
using Xunit;

namespace Samehost.Tests.Systemd;

public sealed class SystemdListenSocketsTests : IDisposable
{
    private readonly TestDirectory _directory = new();

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    public void Dispose() => _directory.Dispose();

    [Fact(Timeout = 180_000)]
    public async Task A_listener_passed_by_the_manager_serves_and_its_path_outlives_it()
    {
        await using var managers = UnixListener.Listen(Path("web"));
        using var inherited = new InheritedDescriptors(managers.SafeHandle);
        using (var passed = Take(inherited, "web"))
        {
            Assert.Equal("web (StreamListener, " + _directory["web"] + ")", passed[0].ToString());
            Assert.True(inherited.IsClosedOnExec(0));
            await using var listener = passed.TakeListener("web");
            Assert.True(passed[0].IsTaken);
            await using var client = await UnixStream.ConnectAsync(Path("web"), cancellationToken: Stop);
            await using var served = await listener.AcceptAsync(Stop);
            served.WriteByte(42);
            Assert.Equal(42, client.ReadByte());
        }

        Assert.False(inherited.IsOpen(0));
        Assert.Equal(["web"], _directory.Names);
    }

    [Fact]
    public void Every_kind_is_recognized()
    {
        using var stream = UnixListener.Listen(Path("stream"));
        using var seqpacket = UnixSeqpacketListener.Listen(Path("seqpacket"));
        using var datagram = UnixDatagram.Bind(Path("datagram"));
        using var connection = UnixStream.Connect(Path("stream"));
        using var record = UnixSeqpacket.Connect(Path("seqpacket"));
        using var tcp = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        using var file = File.OpenHandle("/dev/null");
        using var inherited = new InheritedDescriptors(
            stream.SafeHandle, seqpacket.SafeHandle, datagram.SafeHandle, connection.SafeHandle, record.SafeHandle, tcp.SafeHandle, file);
        using var passed = Take(inherited, "a:b:c:d:e:f:g");
        Assert.Equal(
            [
                SystemdSocketKind.StreamListener, SystemdSocketKind.SeqpacketListener, SystemdSocketKind.Datagram, SystemdSocketKind.Stream,
                SystemdSocketKind.Seqpacket, SystemdSocketKind.OtherSocket, SystemdSocketKind.NotASocket,
            ],
            passed.Select(s => s.Kind));
        Assert.Equal(["a", "b", "c", "d", "e", "f", "g"], passed.Select(s => s.Name));
        Assert.Equal([0, 1, 2, 3, 4, 5, 6], passed.Select(s => s.Index));
        Assert.Equal(Path("datagram"), passed[2].LocalEndPoint);
        Assert.Null(passed[5].LocalEndPoint);

        passed.TakeSeqpacketListener("b").Dispose();
        passed.TakeDatagram("c").Dispose();
        passed[3].TakeStream().Dispose();
        passed[4].TakeSeqpacket().Dispose();
        passed[5].TakeSocket().Dispose();
        passed[6].Take().Dispose();
        Assert.Equal([0], Enumerable.Range(0, 7).Where(inherited.IsOpen));
    }

    [Fact]
    public void Taking_a_wrong_kind_is_refused_and_the_descriptor_can_still_be_taken()
    {
        using var managers = UnixListener.Listen(Path("web"));
        using var inherited = new InheritedDescriptors(managers.SafeHandle);
        using var passed = Take(inherited, "web");
        var problem = Assert.Throws<InvalidOperationException>(() => passed.TakeDatagram("web"));
        Assert.Equal(
            "Descriptor 'web' (index 0) is a StreamListener, and a Datagram is wanted: look at the Listen lines of the socket unit.",
            problem.Message);
        Assert.Throws<InvalidOperationException>(() => passed.TakeSeqpacketListener());
        Assert.Throws<InvalidOperationException>(() => passed[0].TakeStream());
        passed.TakeListener().Dispose();
        Assert.Throws<InvalidOperationException>(() => passed.TakeListener());
        Assert.Throws<InvalidOperationException>(() => passed[0].Take());
    }

    [Fact]
    public void A_connection_where_a_listener_is_wanted_is_explained_with_Accept_in_the_socket_unit()
    {
        using var managers = UnixListener.Listen(Path("web"));
        using var client = UnixStream.Connect(Path("web"));
        using var accepted = managers.Accept();
        using var inherited = new InheritedDescriptors(accepted.SafeHandle);
        using var passed = Take(inherited, "connection");
        var problem = Assert.Throws<InvalidOperationException>(() => passed.TakeListener());
        Assert.Equal(
            "Descriptor 'connection' (index 0) is a Stream, and a StreamListener is wanted: it does not listen, but is one connection, "
                + "as a socket unit with Accept=yes passes. Set Accept=no there, which is the default; or serve just this connection, as "
                + "inetd has it, taken by TakeStream.",
            problem.Message);
        using var served = passed[0].TakeStream();
        client.Write("g1"u8);
        Assert.Equal(2, served.Read(new byte[10]));
    }

    [Fact]
    public void The_socket_of_an_address_is_found_and_the_others_are_left_for_the_next_Take()
    {
        using var web = UnixListener.Listen(Path("web"));
        using var log = UnixDatagram.Bind(Path("log"));
        using var inherited = new InheritedDescriptors(log.SafeHandle, web.SafeHandle);
        var environment = FixedServiceEnvironment.Listening("4711", "2", "log:web");
        SystemdListenSockets? kept = null;

        Assert.Null(Find("other", SystemdSocketKind.StreamListener));
        Assert.Null(Find("web", SystemdSocketKind.SeqpacketListener));
        Assert.Contains("LISTEN_FDS", environment.Left);
        Assert.Equal(0, inherited.IsClosedOnExec(1) ? 1 : 0);

        var found = Find("web", SystemdSocketKind.StreamListener);
        Assert.Equal("web", found?.Name);
        Assert.DoesNotContain("LISTEN_FDS", environment.Left);
        using (var listener = found!.TakeListener())
            Assert.Equal(Path("web"), listener.LocalEndPoint);
        Assert.Null(Find("web", SystemdSocketKind.StreamListener));
        Assert.Equal([false, true], kept!.Select(s => s.IsTaken));
        kept!.TakeDatagram("log").Dispose();

        SystemdListenSocket? Find(string name, SystemdSocketKind kind) =>
            SystemdListenSockets.Find(environment, inherited.First, Path(name), kind, ref kept);
    }

    [Fact]
    public void The_socket_of_an_address_is_found_under_another_path_to_the_same_file()
    {
        using var web = UnixListener.Listen(Path("web"));
        Directory.CreateSymbolicLink(_directory["run"], _directory.FullPath);
        using var inherited = new InheritedDescriptors(web.SafeHandle);
        SystemdListenSockets? kept = null;
        var found = SystemdListenSockets.Find(
            FixedServiceEnvironment.Listening("4711", "1"), inherited.First, Path("run/web"), SystemdSocketKind.StreamListener, ref kept);
        using var listener = found!.TakeListener();
        Assert.Equal(Path("web"), listener.LocalEndPoint);
    }

    [Fact]
    public void Binding_the_address_of_a_socket_that_was_passed_gets_a_hint_with_its_descriptor()
    {
        using var managers = UnixListener.Listen(Path("web"));
        using var inherited = new InheritedDescriptors(managers.SafeHandle);
        var failure = Assert.Throws<UnixSocketException>(() => UnixListener.Listen(Path("web")));
        Assert.Contains("This process has that socket as descriptor ", failure.Hint, StringComparison.Ordinal);
        Assert.Contains("SystemdListenSockets.Find", failure.Hint, StringComparison.Ordinal);
    }

    [Fact]
    public void Descriptors_of_one_name_are_taken_in_order_and_without_a_name_there_must_be_only_one()
    {
        using var first = UnixListener.Listen(Path("first"));
        using var second = UnixListener.Listen(Path("second"));
        using var inherited = new InheritedDescriptors(first.SafeHandle, second.SafeHandle);
        using var passed = Take(inherited, "web:web");
        Assert.Throws<InvalidOperationException>(() => passed.TakeListener());
        var problem = Assert.Throws<InvalidOperationException>(() => passed.TakeListener("other"));
        Assert.Contains($"web (StreamListener, {_directory["first"]}), web", problem.Message, StringComparison.Ordinal);
        using var one = passed.TakeListener("web");
        using var two = passed.TakeListener();
        Assert.Equal(Path("first"), one.LocalEndPoint);
        Assert.Equal(Path("second"), two.LocalEndPoint);
    }

    [Fact]
    public void Without_names_from_the_manager_each_is_called_unknown()
    {
        using var file = File.OpenHandle("/dev/null");
        using var inherited = new InheritedDescriptors(file, file);
        using var passed = SystemdListenSockets.Take(FixedServiceEnvironment.Listening("4711", "2"), inherited.First);
        Assert.Equal(["unknown", "unknown"], passed.Select(s => s.Name));
    }

    [Fact]
    public void An_abstract_name_needs_a_policy_here_too()
    {
        var name = UnixEndPoint.FromAbstractName($"samehost-{Guid.NewGuid():N}");
        using var stream = UnixListener.Listen(name, new UnixListenerOptions { PeerPolicy = PeerPolicy.SelfAndRoot });
        using var datagram = UnixDatagram.Bind(
            UnixEndPoint.FromAbstractName($"samehost-{Guid.NewGuid():N}"), new UnixDatagramOptions { PeerPolicy = PeerPolicy.SelfAndRoot });
        using var inherited = new InheritedDescriptors(stream.SafeHandle, datagram.SafeHandle);
        using var passed = Take(inherited, "s:d");
        Assert.Throws<ArgumentException>(() => passed.TakeListener("s"));
        Assert.Throws<ArgumentException>(() => passed.TakeDatagram("d"));
        passed.TakeListener("s", new UnixListenerOptions { PeerPolicy = PeerPolicy.SelfAndRoot }).Dispose();
        passed.TakeDatagram("d", new UnixDatagramOptions { PeerPolicy = PeerPolicy.SelfAndRoot }).Dispose();
    }

    [Fact(Timeout = 180_000)]
    public async Task A_TCP_listener_can_be_taken_as_a_Socket()
    {
        using var managers = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        managers.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        managers.Listen();
        using var inherited = new InheritedDescriptors(managers.SafeHandle);
        using var passed = Take(inherited, "web");
        using var listener = passed[0].TakeSocket();
        using var client = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        await client.ConnectAsync(managers.LocalEndPoint!, Stop);
        using var served = await listener.AcceptAsync(Stop);
        Assert.Equal(client.LocalEndPoint, served.RemoteEndPoint);
    }

    [Fact]
    public void A_policy_given_to_Take_applies_to_the_listener()
    {
        using var managers = UnixListener.Listen(Path("web"));
        using var inherited = new InheritedDescriptors(managers.SafeHandle);
        using var passed = Take(inherited, "web");
        using var listener = passed.TakeListener("web", new UnixListenerOptions { PeerPolicy = PeerPolicy.Parse("uid:4294967294") });
        using var client = UnixStream.Connect(Path("web"));
        using var stop = new CancellationTokenSource();
        var accepting = listener.AcceptAsync(stop.Token).AsTask();
        Assert.Equal(-1, client.ReadByte()); // turned away
        stop.Cancel();
        Assert.ThrowsAny<OperationCanceledException>(() => accepting.GetAwaiter().GetResult());
    }

    /// <summary>The datagram that started the service arrived before credentials could be requested.</summary>
    [Fact(Timeout = 180_000)]
    public async Task A_datagram_without_credentials_is_reported_and_not_lost()
    {
        using var managers = new Socket(AddressFamily.Unix, SocketType.Dgram, ProtocolType.Unspecified);
        managers.Bind(new UnixDomainSocketEndPoint(_directory["d"]));
        using var client = UnixDatagram.Create();
        client.SendTo("first"u8, Path("d"));
        var policy = new UnixDatagramOptions { PeerPolicy = PeerPolicy.SelfAndRoot };
        var problem = Assert.Throws<InvalidOperationException>(() => UnixDatagram.FromDescriptor(managers.SafeHandle, policy));
        Assert.Contains("PassCredentials=yes", problem.Message, StringComparison.Ordinal);

        var buffer = new byte[16];
        using (var open = UnixDatagram.FromDescriptor(managers.SafeHandle))
            Assert.Equal(5, (await open.ReceiveAsync(buffer, Stop)).Count);
        using var judged = UnixDatagram.FromDescriptor(managers.SafeHandle, policy);
        client.SendTo("next"u8, Path("d"));
        Assert.Equal(4, (await judged.ReceiveAsync(buffer, Stop)).Count);
    }

    /// <summary>A connection has the options that its listener had when it was made, not those of when it is accepted.</summary>
    [Theory(Timeout = 180_000)]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Clients_that_were_in_the_backlog_before_are_served(bool early)
    {
        using var managers = new Socket(AddressFamily.Unix, SocketType.Seqpacket, ProtocolType.Unspecified);
        managers.Bind(new UnixDomainSocketEndPoint(_directory["s"]));
        managers.Listen(10);
        var client = early ? UnixSeqpacket.Connect(Path("s")) : null;
        var options = new UnixListenerOptions { AcceptDescriptors = true };
        using var listener = UnixSeqpacketListener.FromDescriptor(managers.SafeHandle, options);
        client ??= UnixSeqpacket.Connect(Path("s"));
        using var _ = client;
        using var server = await listener.AcceptAsync(Stop);
        client.Send([]);
        client.Send("hello"u8, [client.SafeHandle]);
        using (var empty = await server.ReceiveAsync(new byte[8], null, Stop))
            Assert.Equal((0, false), (empty.Count, empty.IsEnd));
        using var record = await server.ReceiveAsync(new byte[8], null, Stop);
        Assert.Equal((5, 1), (record.Count, record.Descriptors.Count));
    }

    private UnixEndPoint Path(string name) => UnixEndPoint.FromPath(_directory[name]);

    private static SystemdListenSockets Take(InheritedDescriptors inherited, string names) =>
        SystemdListenSockets.Take(FixedServiceEnvironment.Listening("4711", $"{inherited.Count}", names), inherited.First);
}
