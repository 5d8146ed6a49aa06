using Samehost.PeerTests.Support;

namespace Samehost.PeerTests;

/// <summary>
/// The table in docs/start.md of what the stream programs accept, with C peers that do not clear their buffers between lines, and with
/// enough lines for every length to follow every other. Every line and every answer is compared.
/// </summary>
public sealed class WireHabitTests : IDisposable
{
    private const int Count = 1000;

    private readonly TestFolder _folder = new();

    public static TheoryData<string> Orders => TestLines.Orders;

    /// <summary>A form, the size of a block, the size of a write (0: all at once), the order of lengths.</summary>
    public static TheoryData<string, int, int, string> Blocks
    {
        get
        {
            var blocks = new TheoryData<string, int, int, string>();
            foreach (var order in (string[])["falling", "rising", "random"])
            {
                blocks.Add("block", 4096, 0, order);
                blocks.Add("bare", 4096, 0, order);
            }
            (int Size, int Piece)[] others =
            [
                (300, 1), (1000, 7), (4095, 0), (4095, 512), (4097, 0), (5000, 4095), (8192, 0), (9000, 5000), (20_000, 4095),
            ];
            foreach (var (size, piece) in others)
            {
                blocks.Add("block", size, piece, "random");
                blocks.Add("bare", size, piece, "falling");
            }
            return blocks;
        }
    }

    private string Address => _folder["stream.sock"];

    public void Dispose() => _folder.Dispose();

    [Theory(Timeout = 180_000)]
    [MemberData(nameof(Orders))]
    public async Task The_server_reads_the_lines_of_a_client_that_does_not_clear_its_buffer(string order) =>
        await ExchangeAsync(await StartOurServerAsync(), StartC("streamclient", "stale"), TestLines.Make(order, Count, 0, 4000));

    [Theory(Timeout = 180_000)]
    [MemberData(nameof(Orders))]
    public async Task The_client_reads_the_answers_of_a_server_that_does_not_clear_its_buffer(string order) =>
        await ExchangeAsync(await StartCServerAsync("streamserver", "stale"), StartOurClient(), TestLines.Make(order, Count, 0, 4000));

    [Theory(Timeout = 180_000)]
    [MemberData(nameof(Orders))]
    public async Task The_programs_exchange_lines_with_each_other(string order) =>
        await ExchangeAsync(await StartOurServerAsync(), StartOurClient(), TestLines.Make(order, Count, 0, 5000));

    [Theory(Timeout = 180_000)]
    [MemberData(nameof(Blocks))]
    public async Task The_server_reads_zero_filled_blocks(string form, int size, int piece, string order)
    {
        var lines = TestLines.Make(order, Count, form == "bare" ? 1 : 0, form == "bare" ? size - 1 : size - 2);
        await ExchangeAsync(await StartOurServerAsync(), StartC("formclient", form, $"{size}", $"{piece}"), lines);
    }

    [Theory(Timeout = 180_000)]
    [MemberData(nameof(Blocks))]
    public async Task The_client_reads_zero_filled_blocks(string form, int size, int piece, string order)
    {
        var longest = size - "Hi, \n\0".Length + (form == "bare" ? 1 : 0);
        var server = await StartCServerAsync("formserver", form, $"{size}", $"{piece}");
        await ExchangeAsync(server, StartOurClient(), TestLines.Make(order, Count, 0, longest));
    }

    [Theory(Timeout = 180_000)]
    [InlineData("line", 0)]
    [InlineData("line", 1)]
    [InlineData("line", 4095)]
    [InlineData("nul", 0)]
    [InlineData("nul", 7)]
    [InlineData("nul", 5000)]
    public async Task The_programs_read_lines(string form, int piece)
    {
        var lines = TestLines.Make("random", Count, 0, piece == 1 ? 300 : 9000);
        await ExchangeAsync(await StartOurServerAsync(), StartC("formclient", form, "0", $"{piece}"), lines);
        await ExchangeAsync(await StartCServerAsync("formserver", form, "0", $"{piece}"), StartOurClient(), lines);
    }

    [Fact(Timeout = 180_000)]
    public async Task The_server_reads_many_lines_in_one_write() =>
        await ExchangeAsync(await StartOurServerAsync(), StartC("formclient", "burst", "0", "0"), TestLines.Make("random", Count, 0, 4000));

    [Fact(Timeout = 180_000)]
    public async Task The_client_reads_many_lines_in_one_write()
    {
        await using var server = await StartCServerAsync("formserver", "burst", $"{Count}", "0");
        await using var client = StartOurClient();
        client.Type("g1");
        await client.ExpectAsync([.. Enumerable.Range(1, Count).Select(number => $"answer {number}")]);
        client.CloseInput();
        await client.ExpectExitAsync(0);
    }

    [Theory(Timeout = 180_000)]
    [InlineData("line")]
    [InlineData("nul")]
    [InlineData("burst")]
    public async Task Lines_of_up_to_one_MiB_are_read(string form)
    {
        var lines = TestLines.Make("random", 12, 0, 1 << 20);
        await ExchangeAsync(await StartOurServerAsync(), StartC("formclient", form, "0", "0"), lines);
        if (form != "burst")
            await ExchangeAsync(await StartCServerAsync("formserver", form, "0", "0"), StartOurClient(), lines);
    }

    [Theory(Timeout = 180_000)]
    [InlineData("line")]
    [InlineData("burst")]
    [InlineData("stale")]
    public async Task A_last_line_needs_no_newline(string form)
    {
        await using var server = await StartOurServerAsync();
        await using var client = form == "stale" ? StartC("streamclient", form) : StartC("formclient", form, "0", "0");
        Assert.Equal(["Hi, a first line", "Hi, g2"], await client.ExchangeAsync(["a first line", "g2"], lacksFinalNewline: true));
        var received = await server.ReadOutputAsync();
        Assert.Equal(["Receive: a first line", "Receive: g2", "client quit"], received);
    }

    [Fact(Timeout = 180_000)]
    public async Task A_last_answer_needs_no_newline()
    {
        await using var server = await StartCServerAsync("formserver", "end", "0", "0");
        await using var client = StartOurClient();
        client.Type("g1");
        await client.ExpectAsync("Hi, g1");
        await client.ExpectExitAsync(1, "server terminated prematurely");
    }

    [Fact(Timeout = 180_000)]
    public async Task Standard_input_has_no_blocks()
    {
        await using var server = await StartOurServerAsync();
        await using var client = StartOurClient();
        client.WriteInput("g1\n\0g2\n".PadRight(4096, '\0'));
        await client.ExpectAsync("Hi, g1", "Hi, g2");
        client.CloseInput();
        await client.ExpectExitAsync(0);
        await server.ExpectAsync("Receive: g1", "Receive: g2", "client quit");
    }

    private static async Task ExchangeAsync(RunningProgram server, RunningProgram client, string[] lines)
    {
        await using (server)
        await using (client)
        {
            var answers = await client.ExchangeAsync(lines);
            var received = await server.ReadOutputAsync();
            Assert.Equal(lines.Select(line => $"Hi, {line}"), answers);
            Assert.Equal(lines.Select(line => $"Receive: {line}").Append("client quit"), received);
            await client.ExpectExitAsync(0);
            await server.ExpectExitAsync(0);
        }
    }

    private RunningProgram StartOurClient() => RunningProgram.Start(Programs.StreamClient, Address);

    private RunningProgram StartC(string program, params string[] habit) =>
        RunningProgram.Start(CPeer.Find(program), [Address, .. habit]);

    private Task<RunningProgram> StartOurServerAsync() => ReadyAsync(RunningProgram.Start(Programs.StreamServer, Address));

    private Task<RunningProgram> StartCServerAsync(string program, params string[] habit) => ReadyAsync(StartC(program, habit));

    private async Task<RunningProgram> ReadyAsync(RunningProgram server)
    {
        await SocketTable.WaitForServerAsync(Address);
        return server;
    }
}
