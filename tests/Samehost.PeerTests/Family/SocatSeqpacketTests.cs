using System.Text;
using Samehost.PeerTests.Support;

namespace Samehost.PeerTests.Family;

/// <summary>Seqpacket (<c>socktype=5</c>) and abstract names with socat, an independent peer.</summary>
public sealed class SocatSeqpacketTests : IDisposable
{
    private readonly TestFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact(Timeout = 180_000)]
    public async Task Records_keep_their_boundaries_in_both_directions_with_a_socat_client()
    {
        await using var listener = UnixSeqpacketListener.Listen(At("records"));
        await using var socat =
            RunningProgram.Start(ForeignProgram.Socat, "STDIO", $"UNIX-CONNECT:{_folder["records"]},socktype=5");
        await using var connection = await listener.AcceptAsync(Stop);
        var buffer = new byte[100];
        foreach (var line in (string[])["g1", "a longer line", "g3"])
        {
            socat.Type(line);
            using var record = await connection.ReceiveAsync(buffer, cancellationToken: Stop);
            Assert.Equal(line + "\n", Encoding.UTF8.GetString(buffer, 0, record.Count));
            await connection.SendAsync(Encoding.UTF8.GetBytes($"Hi, {line}\n"), cancellationToken: Stop);
            await socat.ExpectAsync($"Hi, {line}");
        }

        socat.CloseInput();
        using var end = await connection.ReceiveAsync(buffer, cancellationToken: Stop);
        Assert.True(end.IsEnd);
    }

    [Fact(Timeout = 180_000)]
    public async Task A_socat_server_receives_and_returns_records_one_by_one()
    {
        await using var socat =
            RunningProgram.Start(ForeignProgram.Socat, $"UNIX-LISTEN:{_folder["records"]},socktype=5", "STDIO");
        await SocketTable.WaitForServerAsync(_folder["records"]);
        await using var connection = await UnixSeqpacket.ConnectAsync(At("records"), cancellationToken: Stop);
        var buffer = new byte[100];
        foreach (var line in (string[])["g1", "a longer line", "g3"])
        {
            await connection.SendAsync(Encoding.UTF8.GetBytes(line + "\n"), cancellationToken: Stop);
            await socat.ExpectAsync(line);
            socat.Type($"Hi, {line}");
            using var record = await connection.ReceiveAsync(buffer, cancellationToken: Stop);
            Assert.Equal($"Hi, {line}\n", Encoding.UTF8.GetString(buffer, 0, record.Count));
        }
    }

    [Fact(Timeout = 180_000)]
    public async Task A_record_longer_than_the_buffer_is_reported_with_its_length()
    {
        await using var listener = UnixSeqpacketListener.Listen(At("records"));
        await using var socat =
            RunningProgram.Start(ForeignProgram.Socat, "STDIO", $"UNIX-CONNECT:{_folder["records"]},socktype=5");
        await using var connection = await listener.AcceptAsync(Stop);
        socat.Type("0123456789");
        using var record = await connection.ReceiveAsync(new byte[4], cancellationToken: Stop);
        Assert.True(record.IsTruncated);
        Assert.Equal((4, 11), (record.Count, record.Length));
    }

    // Without a tight length socat pads the name with NULs to the size of sun_path, which makes it another name.
    [Theory(Timeout = 180_000)]
    [InlineData(true)]
    [InlineData(false)]
    public async Task An_abstract_name_of_socat_is_reached_with_and_without_a_tight_length(bool tight)
    {
        var name = $"samehost-{Guid.NewGuid():N}";
        await using var socat = RunningProgram.Start(
            ForeignProgram.Socat, $"ABSTRACT-LISTEN:{name},unix-tightsocklen={(tight ? 1 : 0)}", "STDIO");
        var address = Abstract(name, tight);
        await using var stream = await UnixStream.ConnectAsync(
            address, new UnixConnectOptions { ServerTimeout = RunningProgram.Deadline }, Stop);
        Assert.Equal(address, stream.RemoteEndPoint);
        await stream.WriteAsync("g1\n"u8.ToArray(), Stop);
        await socat.ExpectAsync("g1");
    }

    [Theory(Timeout = 180_000)]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Socat_reaches_our_abstract_name_with_and_without_a_tight_length(bool tight)
    {
        var name = $"samehost-{Guid.NewGuid():N}";
        await using var listener = UnixListener.Listen(
            Abstract(name, tight), new UnixListenerOptions { PeerPolicy = PeerPolicy.SelfAndRoot });
        await using var socat = RunningProgram.Start(
            ForeignProgram.Socat, "STDIO", $"ABSTRACT-CONNECT:{name},unix-tightsocklen={(tight ? 1 : 0)}");
        await using var stream = await listener.AcceptAsync(Stop);
        await stream.WriteAsync("g1\n"u8.ToArray(), Stop);
        await socat.ExpectAsync("g1");
    }

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    private static UnixEndPoint Abstract(string name, bool tight) =>
        UnixEndPoint.FromAbstractName(tight ? name : name.PadRight(UnixEndPoint.MaxNameLength, '\0'));

    private UnixEndPoint At(string name) => UnixEndPoint.FromPath(_folder[name]);
}
