using System.Text.Json;
using System.Text.RegularExpressions;
using System.Xml.Linq;
using Samehost.Tool.Tests.Support;

namespace Samehost.Tool.Tests.Bench;

public sealed partial class BenchTests : ToolFixture
{
    private static readonly string[] Transports =
        ["local stream, polled", "local stream", "local datagram", "local seqpacket", "pipe", "TCP", "UDP"];

    [Fact(Timeout = 180_000)]
    public async Task Every_transport_has_a_row_with_its_latency_and_its_throughput()
    {
        var result = await RunAsync("bench", "--rounds", "1", "--time", "10ms");
        Assert.Equal(0, result.Status);
        Assert.Equal(Transports, result.Lines.Where(line => Row().IsMatch(line)).Select(line => line[..21].TrimEnd()));
        Assert.All(result.Lines, line => Assert.InRange(line.Length, 0, 80));
        NothingIsLeft();
    }

    [Fact(Timeout = 180_000)]
    public async Task Json_has_every_round_of_every_transport_and_nothing_else_is_printed()
    {
        var result = await RunAsync("bench", "--rounds", "2", "--time", "10ms", "--one-cpu", "--size", "1000", "--json");
        Assert.Equal(0, result.Status);
        using var document = JsonDocument.Parse(result.Output);
        var root = document.RootElement;
        Assert.Equal((1000, 2), (root.GetProperty("messageBytes").GetInt32(), root.GetProperty("rounds").GetInt32()));
        JsonElement[] transports = [.. root.GetProperty("transports").EnumerateArray()];
        Assert.Equal(Transports, transports.Select(t => t.GetProperty("name").GetString()));
        Assert.All(transports.SelectMany(t => t.GetProperty("runs").EnumerateArray()), run =>
        {
            Assert.InRange(run.GetProperty("p50").GetDouble(), 1, run.GetProperty("p99").GetDouble());
            Assert.InRange(run.GetProperty("p99").GetDouble(), 1, run.GetProperty("p999").GetDouble());
            Assert.True(run.GetProperty("bytesPerSecond").GetDouble() > 0);
        });
    }

    [Fact(Timeout = 180_000)]
    public async Task A_chart_names_every_transport_and_follows_light_and_dark()
    {
        var chart = Write("chart.svg", [.. "what was there before"u8]);
        var result = await RunAsync("bench", "--rounds", "1", "--time", "10ms", "--svg", chart);
        Assert.Equal(0, result.Status);
        var svg = XDocument.Load(chart);
        string[] texts = [.. svg.Descendants().Where(e => e.Name.LocalName == "text").Select(e => e.Value)];
        Assert.Subset(texts.ToHashSet(), Transports.ToHashSet());
        Assert.Contains("prefers-color-scheme: dark", svg.ToString(), StringComparison.Ordinal);
    }

    [Theory(Timeout = 180_000)]
    [InlineData("--type", "bench", "--type", "datagram")]
    [InlineData("--type", "bench", "--type", "datagram", "tcp:localhost:7")]
    [InlineData("--one-cpu", "bench", "--one-cpu", "some.sock")]
    [InlineData("--size", "bench", "--size", "15")]
    [InlineData("--rounds", "bench", "--rounds", "0")]
    [InlineData("--time", "bench", "--time", "0s")]
    [InlineData("fd:3", "bench", "fd:3")]
    public async Task Invalid_usage_is_one_line_and_status_2(string named, params string[] arguments)
    {
        var result = await RunAsync(arguments);
        Assert.Equal((2, ""), (result.Status, result.Output));
        Assert.Contains(named, Assert.Single(result.Errors.TrimEnd('\n').Split('\n')), StringComparison.Ordinal);
    }

    [Fact(Timeout = 180_000)]
    public async Task A_chart_that_cannot_be_written_is_reported_before_the_measurement()
    {
        var result = await RunAsync("bench", "--svg", Path.Join(Temporary, "missing", "chart.svg"));
        Assert.Equal((1, ""), (result.Status, result.Output));
        Assert.StartsWith("samehost: the chart cannot be written: ", result.Errors, StringComparison.Ordinal);
        result = await RunAsync("bench", "--svg", Temporary);
        Assert.Equal(new ToolResult(1, "", $"samehost: the chart cannot be written: {Temporary} is a directory\n"), result);
        NothingIsLeft();
    }

    [Fact(Timeout = 180_000)]
    public async Task A_run_of_any_length_measures_something()
    {
        var result = await RunAsync("bench", "--rounds", "1", "--time", "1ms", "--json");
        Assert.Equal(0, result.Status);
        using var report = System.Text.Json.JsonDocument.Parse(result.Output);
        foreach (var transport in report.RootElement.GetProperty("transports").EnumerateArray())
        {
            Assert.True(transport.GetProperty("p50").GetDouble() > 0);
            Assert.True(transport.GetProperty("flow").GetProperty("median").GetDouble() > 0);
        }
    }

    [Theory(Timeout = 180_000)]
    [InlineData("bench --rounds 1 --time 10ms")]
    [InlineData("bench --rounds 1 --time 10ms --json")]
    public async Task A_full_disk_is_one_line_and_status_1(string arguments)
    {
        await using var run = StartProgram("sh", "-c", $"exec \"$0\" {arguments} > /dev/full", Tool);
        var result = await run.EndAsync();
        Assert.Equal(new ToolResult(1, "", "samehost: write failed: No space left on device (28)\n"), result);
        NothingIsLeft();
    }

    [Fact(Timeout = 180_000)]
    public async Task Ctrl_C_during_a_measurement_ends_both_processes_at_once()
    {
        await using var terminal = OpenTerminal();
        await terminal.RunAsync("samehost bench --rounds 1000");
        await terminal.ShowsAsync("round 2 of 1000");
        terminal.Interrupt();
        await terminal.RunAsync("echo status $?");
        await terminal.ShowsAsync("status 130");
        await terminal.RunAsync("pgrep -P $$ || echo nobody");
        await terminal.ShowsAsync("nobody\n");
        Assert.Empty(Directory.EnumerateFileSystemEntries(Temporary));
    }

    [Fact(Timeout = 180_000)]
    public async Task A_killed_second_process_is_an_error()
    {
        await using var terminal = OpenTerminal();
        await terminal.RunAsync("samehost bench --rounds 1000 >table 2>errors &");
        await terminal.RunAsync("until pkill -KILL -f bench-worker.*$PWD; do :; done");
        await terminal.RunAsync("wait $!; echo status $?; tail -n 1 errors; rm errors table");
        await terminal.ShowsAsync("status 1\n");
        await terminal.ShowsAsync("samehost: the second process ");
        await terminal.PromptAsync();
    }

    [Fact(Timeout = 180_000)]
    public async Task The_page_shows_a_session_with_the_rows_that_a_run_has()
    {
        await using var terminal = OpenTerminal();
        await terminal.RunAsync("samehost bench --quick");
        await terminal.PromptAsync();
        var transcript = Progress().Replace(terminal.Transcript, "");
        Page.ShowsRows("bench.md", "quick", transcript, line => Row().IsMatch(line) ? line[..21] : null);
    }

    // A name, and a time as the first figure.
    [GeneratedRegex(@"^[A-Za-z][A-Za-z, ]{20} *[\d.,]+µs")]
    private static partial Regex Row();

    // Progress, overwritten on the same line.
    [GeneratedRegex(@"^[^\n]*\r", RegexOptions.Multiline)]
    private static partial Regex Progress();
}
