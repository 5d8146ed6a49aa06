using System.Text;
using Samehost.Tool.Tests.Support;

namespace Samehost.Tool.Tests.Tour;

public sealed class FileTourTests : ToolFixture
{
    private const string AllMatched = "every answer was \"Hi, <line>\"";

    [Fact(Timeout = 180_000)]
    public async Task A_hundred_thousand_lines_are_all_answered()
    {
        var path = Write("words", Encoding.UTF8.GetBytes(string.Concat(Enumerable.Range(0, 100_000).Select(n => $"line {n} — ö\n"))));
        var result = await RunAsync("tour", "--file", path);
        Assert.Equal((0, ""), (result.Status, result.Errors));
        Assert.Contains("  lines     100,000\n", result.Output, StringComparison.Ordinal);
        Assert.Contains($"  bytes     {new FileInfo(path).Length:N0}\n", result.Output, StringComparison.Ordinal);
        Assert.Contains($"  stream    {AllMatched}, in ", result.Output, StringComparison.Ordinal);
        Assert.Contains($"  datagram  {AllMatched}, in ", result.Output, StringComparison.Ordinal);
        NothingIsLeft();
    }

    [Fact(Timeout = 180_000)]
    public async Task Empty_lines_carriage_returns_foreign_bytes_and_a_missing_newline_do_not_matter()
    {
        var path = Write("odd", [.. "\n\na\r\n"u8, 0xff, 0xfe, 1, 27, .. "[31m\nHi, x\nlast"u8]);
        var result = await RunAsync("tour", "--file", path);
        Assert.Equal((0, ""), (result.Status, result.Errors));
        Assert.Contains("  lines     6 (the last without a newline)\n", result.Output, StringComparison.Ordinal);
        Assert.Equal(2, result.Output.Split(AllMatched).Length - 1);
    }

    [Fact(Timeout = 180_000)]
    public async Task A_line_of_one_mebibyte_is_sent_on_the_stream_and_not_as_a_datagram()
    {
        var path = Write("long", [.. Enumerable.Repeat((byte)'x', 1024 * 1024), .. "\nshort\n"u8]);
        var result = await RunAsync("tour", "--file", path);
        Assert.Equal((0, ""), (result.Status, result.Errors));
        Assert.Equal(2, result.Output.Split(AllMatched).Length - 1);
        Assert.Contains("lines too long for a datagram, left out: 1\n", result.Output, StringComparison.Ordinal);
    }

    [Fact(Timeout = 180_000)]
    public async Task A_longer_line_is_refused_with_its_number()
    {
        var path = Write("longer", [.. "short\n"u8, .. Enumerable.Repeat((byte)'x', 1024 * 1024 + 1), .. "\n"u8]);
        await FailsAsync($"{path}: line 2 is longer than 1,048,576 bytes, the most that the programs take", path);
    }

    [Fact(Timeout = 180_000)]
    public async Task A_line_with_a_NUL_byte_is_refused_with_its_number()
    {
        var path = Write("binary", "one\ntwo\nth\0ree\n"u8.ToArray());
        await FailsAsync($"{path}: line 3 holds a NUL byte, which ends a message for the programs: is this a text file?", path);
    }

    [Fact(Timeout = 180_000)]
    public async Task A_missing_file_is_named() => await FailsAsync("/nowhere/words: no such file", "/nowhere/words");

    [Fact(Timeout = 180_000)]
    public async Task A_directory_is_refused() => await FailsAsync($"{Temporary} is a directory: name a file with lines", Temporary);

    [Fact(Timeout = 180_000)]
    public async Task Control_characters_in_a_name_do_not_reach_the_terminal() =>
        await FailsAsync("/nowhere/\\x1b[31m: no such file", "/nowhere/\e[31m");

    [Fact(Timeout = 180_000)]
    public async Task An_empty_file_has_nothing_to_send()
    {
        var result = await RunAsync("tour", "--file", Write("empty", []));
        Assert.Equal((0, ""), (result.Status, result.Errors));
        Assert.Contains("The file is empty, so there was nothing to send.", result.Output, StringComparison.Ordinal);
    }

    [Fact(Timeout = 180_000)]
    public async Task Lines_may_come_from_a_pipe()
    {
        await using var run = Start("tour", "--file", "/dev/stdin");
        await run.ReadUntilAsync("unixdataserver");
        await run.Input.WriteAsync("one\ntwo\n"u8.ToArray(), TestContext.Current.CancellationToken);
        run.Input.Close();
        var result = await run.EndAsync();
        Assert.Equal((0, ""), (result.Status, result.Errors));
        Assert.Contains("  lines     2\n", result.Output, StringComparison.Ordinal);
    }

    [Fact(Timeout = 180_000)]
    public async Task Wrong_answers_are_counted_and_end_in_status_1()
    {
        var echo = $"exec '{ForeignProgram.Socat}' UNIX-LISTEN:\"$PWD/$1\" EXEC:cat\n";
        var words = Write("words", "g1\ng2\n"u8.ToArray());
        await using var run = StartProgram(CopyTool(("unixstreamserver", echo)), "tour", "--file", words);
        var result = await run.EndAsync();
        Assert.Equal((1, "samehost: not every answer was \"Hi, <line>\"\n"), (result.Status, result.Errors));
        Assert.Contains("  stream    2 of 2 answers were WRONG", result.Output, StringComparison.Ordinal);
        Assert.Contains("\"g1\" was answered with \"g1\"\n", result.Output, StringComparison.Ordinal);
        Assert.Contains($"  datagram  {AllMatched}", result.Output, StringComparison.Ordinal);
        NothingIsLeft();
    }

    [Fact(Timeout = 180_000)]
    public async Task A_server_that_closes_is_a_failure()
    {
        var leave = $"exec '{ForeignProgram.Socat}' UNIX-LISTEN:\"$PWD/$1\" EXEC:true\n";
        await using var run = StartProgram(CopyTool(("unixstreamserver", leave)), "tour", "--file", Write("words", "g1\n"u8.ToArray()));
        var result = await run.EndAsync();
        Assert.Equal((1, "samehost: the stream server left after 0 answers\n"), (result.Status, result.Errors));
        NothingIsLeft();
    }

    private async Task FailsAsync(string error, string path)
    {
        var result = await RunAsync("tour", "--file", path);
        Assert.Equal((1, $"samehost: {error}\n"), (result.Status, result.Errors));
        NothingIsLeft();
    }
}
