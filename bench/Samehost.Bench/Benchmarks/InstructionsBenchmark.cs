using System.Diagnostics;
using System.Globalization;
using System.Text.RegularExpressions;
using Samehost.Bench.Measuring;

namespace Samehost.Bench.Benchmarks;

/// <summary>
/// Counts what a native echo server executes and touches for a request, under valgrind's cachegrind, which simulates a first-level cache of
/// 32 KiB. The counts hardly differ from run to run, unlike times.
/// </summary>
internal sealed partial class InstructionsBenchmark(BenchmarkContext context) : Benchmark(context)
{
    private const int FewRounds = 10;
    private const int ManyRounds = 30;
    private const int MessageLength = 64;
    private const string Epoll = "C, epoll";
    private const string Samehost = "samehost serve --echo, native";
    private const string Lines = "cache lines/request";

    private static readonly string? Valgrind = InstalledPrograms.FindInPath("valgrind");

    // A program starts some fifty times more slowly under valgrind.
    private static readonly UnixConnectOptions ConnectOptions = new() { ServerTimeout = TimeSpan.FromSeconds(60) };

    public override string Question => "instructions of a server in user mode for an echo of 64 B, and data cache lines that miss 32 KiB";

    public override IEnumerable<Comparison> Comparisons =>
        Valgrind is null ? [] : [.. Context.Settings.Connections.Where(connections => connections > 1).Select(Compare)];

    protected override IEnumerable<string?> Missing =>
    [
        Valgrind is null ? "instructions: install the Debian package valgrind" : null,
        NativeTool is null ? $"{Samehost}: {InstalledPrograms.HowToBuildNative}" : null,
    ];

    private string? NativeTool => InstalledPrograms.FindNative(Context.Settings, "samehost");

    private Comparison Compare(int connections)
    {
        Candidate[] candidates =
        [
            new(Epoll, () => Measure(path => C("echo_server", path), connections)),
            .. NativeTool is { } tool
                ? [new Candidate(Samehost, () => Measure(path => new(tool, "serve", path, "--echo"), connections))]
                : Array.Empty<Candidate>(),
        ];
        return new($"{connections} connections", "instructions/request", candidates, []) { Rounds = 1 };
    }

    /// <summary>Measures the additional rounds of a longer run, so that starting, accepting and stopping do not count.</summary>
    private Sample Measure(Func<string, Command> server, int connections)
    {
        var few = Count(server, connections, FewRounds);
        var many = Count(server, connections, ManyRounds);
        var requests = (double)(ManyRounds - FewRounds) * connections;
        return new((many.Instructions - few.Instructions) / requests, new Dictionary<string, double>
        {
            [Lines] = Math.Max(0, many.Misses - few.Misses) / requests,
        });
    }

    private (double Instructions, double Misses) Count(Func<string, Command> server, int connections, int rounds)
    {
        var path = Context.TempDirectory.NewSocketPath();
        var log = path + ".log";
        var command = server(path);
        using var process = ChildProcess.Start(
            new Command(Valgrind!, "--tool=cachegrind", "--cache-sim=yes", "--D1=32768,8,64", "--cachegrind-out-file=/dev/null",
                $"--log-file={log}", command.Program), cpu: null, command.Arguments);
        Exchange(UnixEndPoint.FromPath(path), connections, rounds);
        process.Terminate();
        var report = File.ReadAllText(log);
        return (Read(InstructionsLine(), report), Read(MissesLine(), report));
    }

    /// <summary>Sends a message on every connection and then receives every response, once a round.</summary>
    private static void Exchange(UnixEndPoint endPoint, int connections, int rounds)
    {
        var streams = new List<UnixStream>();
        try
        {
            for (var i = 0; i < connections; i++)
                streams.Add(UnixStream.Connect(endPoint, ConnectOptions));
            var message = new byte[MessageLength];
            var response = new byte[MessageLength];
            for (var round = 1; round <= rounds; round++)
            {
                message.AsSpan().Fill((byte)round);
                streams.ForEach(stream => stream.Write(message));
                foreach (var stream in streams)
                {
                    stream.ReadExactly(response);
                    if (!response.AsSpan().SequenceEqual(message))
                        throw new UnreachableException("The response is not the message.");
                }
            }
        }
        finally
        {
            streams.ForEach(stream => stream.Dispose());
        }
    }

    private static double Read(Regex line, string report) => line.Match(report) is { Success: true } match
        ? double.Parse(match.Groups[1].Value.Replace(",", "", StringComparison.Ordinal), CultureInfo.InvariantCulture)
        : throw new BenchException($"valgrind reported no counts: {report.Trim()}");

    [GeneratedRegex(@"I\s+refs:\s+([\d,]+)")]
    private static partial Regex InstructionsLine();

    [GeneratedRegex(@"D1\s+misses:\s+([\d,]+)")]
    private static partial Regex MissesLine();
}
