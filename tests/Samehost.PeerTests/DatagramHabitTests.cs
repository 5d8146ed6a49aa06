using Samehost.PeerTests.Support;

namespace Samehost.PeerTests;

/// <summary>The datagram programs with C peers that send whole buffers, which contain the rest of earlier lines.</summary>
public sealed class DatagramHabitTests : IDisposable
{
    private const int Count = 1000;
    private const int Terminate = 15;

    private readonly TestFolder _folder = new();

    public static TheoryData<string> Orders => TestLines.Orders;

    private string Address => _folder["data.sock"];

    public void Dispose() => _folder.Dispose();

    [Theory(Timeout = 180_000)]
    [MemberData(nameof(Orders))]
    public async Task The_server_reads_the_lines_of_a_client_that_does_not_clear_its_buffers(string order) =>
        await ExchangeAsync(Programs.DataServer, [], CPeer.Find("dataclient"), ["stale", _folder["client.sock"]], order);

    [Theory(Timeout = 180_000)]
    [MemberData(nameof(Orders))]
    public async Task The_client_reads_the_answers_of_a_server_that_does_not_clear_its_buffer(string order) =>
        await ExchangeAsync(CPeer.Find("dataserver"), ["stale"], Programs.DataClient, [], order);

    [Theory(Timeout = 180_000)]
    [MemberData(nameof(Orders))]
    public async Task The_programs_exchange_lines_with_each_other(string order) =>
        await ExchangeAsync(Programs.DataServer, [], Programs.DataClient, [], order);

    private async Task ExchangeAsync(string server, string[] serverHabit, string client, string[] clientHabit, string order)
    {
        var lines = TestLines.Make(order, Count, 0, 4000);
        await using var serving = RunningProgram.Start(server, [Address, .. serverHabit]);
        await SocketTable.WaitForServerAsync(Address);
        await using var asking = RunningProgram.Start(client, [Address, .. clientHabit]);
        var printed = await asking.ExchangeAsync(lines);
        Assert.Equal(lines.SelectMany(line => (string[])[$"now sending {line}", $"Hi, {line}"]), printed);
        serving.Signal(Terminate);
        printed = await serving.ReadOutputAsync();
        Assert.Equal(lines.SelectMany(line => (string[])[$"Receive: {line}", $"now sending: Hi, {line}"]), printed);
    }
}
