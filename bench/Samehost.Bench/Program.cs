using System.CommandLine;
using System.CommandLine.Parsing;
using Samehost;
using Samehost.Bench;
using Samehost.Bench.Benchmarks;
using Samehost.Bench.Measuring;
using Samehost.Bench.Output;
using Samehost.Bench.Workers;
using Samehost.Programs;

// A process under measurement starts as a small program does, without parsing options.
if (args is ["role", var worker, .. var rest])
{
    await Worker.Run(worker, rest);
    return 0;
}

var row = new Option<string[]>("--row")
{
    Description = $"Run only these rows: {string.Join(", ", Benchmark.Names)}",
    AllowMultipleArgumentsPerToken = true,
    DefaultValueFactory = _ => [],
    HelpName = "name",
};
row.AcceptOnlyFromAmong([.. Benchmark.Names]);
var rounds = new Option<int>("--rounds") { Description = "How often each implementation runs", DefaultValueFactory = _ => 5 };
var seconds = new Option<double>("--seconds") { Description = "How long a run is measured", DefaultValueFactory = _ => 0.5 };
var warmup = new Option<double>("--warmup") { Description = "Seconds of warm-up of just-in-time code", DefaultValueFactory = _ => 1 };
var connections = new Option<int[]>("--connections")
{
    Description = "Numbers of connections of the row echo",
    DefaultValueFactory = _ => [1, 100, 1000],
    AllowMultipleArgumentsPerToken = true,
};
var programs = new Option<string?>("--programs")
{
    Description = "Directory of the native programs, for the rows start and tool; also SAMEHOST_PROGRAMS",
    DefaultValueFactory = _ => Environment.GetEnvironmentVariable("SAMEHOST_PROGRAMS"),
};
var json = new Option<string?>("--json") { Description = "Also write everything to this file as JSON" };
var markdown = new Option<string?>("--markdown") { Description = "Also write the tables to this file as Markdown" };
var compare = new Option<string?>("--compare") { Description = "Also say which ratios agree with an earlier run's --json" };
var svg = new Option<string?>("--svg") { Description = "Also draw the ratios into this file" };
var command = new RootCommand("Measures Samehost beside C and System.Net.Sockets on this machine and prints the ratios.")
{
    row, rounds, seconds, warmup, connections, programs, json, markdown, svg, compare,
};
rounds.Validators.Add(result => RequireAtLeast(1, result.GetValueOrDefault<int>(), result));
seconds.Validators.Add(result => RequireAtLeast(0.1, result.GetValueOrDefault<double>(), result));
connections.Validators.Add(result => RequireAtLeast(1, result.GetValueOrDefault<int[]>().Min(), result));
command.SetAction(parsed =>
{
    try
    {
        var settings = new Settings(
            parsed.GetValue(rounds),
            parsed.GetValue(warmup),
            parsed.GetValue(seconds),
            parsed.GetValue(connections)!,
            parsed.GetValue(programs));
        var earlier = parsed.GetValue(compare) is { } file ? EarlierRun.Read(file) : null;
        var files = new ReportFiles(parsed.GetValue(json), parsed.GetValue(markdown), parsed.GetValue(svg), earlier);
        files.CheckWritable();
        BenchmarkRun.Run(settings, parsed.GetValue(row)!, files);
        return 0;
    }
    catch (BenchException failure)
    {
        Console.Error.WriteLine(failure.Message);
        return 1;
    }
});

// Handlers of ProcessExit end the processes under measurement and delete the temporary directory.
using var shutdown = new ShutdownSignal();
_ = shutdown.Received.ContinueWith(static received => Environment.Exit(SignalStatus.Of(received.Result)), TaskScheduler.Default);
return command.Parse(args).Invoke(new InvocationConfiguration { ProcessTerminationTimeout = null });

static void RequireAtLeast(double least, double value, OptionResult result)
{
    if (value < least)
        result.AddError($"{result.Option.Name} must be at least {least}");
}
