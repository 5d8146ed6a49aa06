using System.CommandLine;
using System.Net.Sockets;
using Samehost.Tool.Cli;

namespace Samehost.Tool.Bench;

/// <summary>The <c>samehost bench</c> command.</summary>
internal static class BenchCommand
{
    private static readonly TimeSpan DefaultTime = TimeSpan.FromMilliseconds(200);
    private static readonly TimeSpan MinTime = TimeSpan.FromMilliseconds(1);
    private static readonly TimeSpan QuickTime = TimeSpan.FromMilliseconds(50);

    public static Command Create()
    {
        var address = AddressArgument.CreateOptional(
            "ADDRESS", "An echo server that runs: a path, @name or tcp:HOST:PORT. Without it all transports of this machine are measured.",
            ToolAddressKinds.Local | ToolAddressKinds.Tcp);
        var type = CommandOptions.Type();
        var quick = new Option<bool>("--quick") { Description = "Three short rounds: a first impression in two seconds." };
        var oneCpu = new Option<bool>("--one-cpu") { Description = "Both processes on one CPU, where they take turns." };
        var rounds = CommandOptions.Number("--rounds", "N", "How often each is measured, by turns; 5 unless given.", 1, 1000);
        var size = CommandOptions.Number("--size", "BYTES", "Of a message that goes there and back; 64 unless given.", 16, 32768);
        var time = CommandOptions.Duration("--time", "How long each is measured in a round; 200ms unless given.");
        var json = CommandOptions.Json("Print everything that was measured as JSON.");
        var svg = new Option<string?>("--svg") { Description = "Also draw a chart into this file.", HelpName = "FILE" };
        var command = new ToolCommand("bench", "Measure how much faster than TCP a local socket is here.")
        {
            Examples =
            [
                ("samehost bench --quick", "a first impression"),
                ("samehost bench --svg chart.svg", "all transports, and a chart"),
                ("samehost bench /run/app.sock", "an echo server of yours"),
                ("samehost bench --type datagram dev.sock", "one that takes datagrams"),
            ],
            Details =
            [
                "Two processes send messages there and back and then as many as go, through each transport by turns and with the same "
                + "calls; each is pinned to a CPU of its own. The row \"polled\" is the library of this tool, which busy-polls for a "
                + "while before it sleeps in the kernel. A ratio with ~ is one on which the rounds do not agree.",
                "A server that is measured has to send back what it is sent; it gets lines of letters that end in a newline.",
            ],
        };
        command.Add(address);
        foreach (var option in (Option[])[type, quick, oneCpu, rounds, size, time, json, svg])
            command.Add(option);
        command.SetAction((parsed, _) =>
        {
            var isQuick = parsed.GetValue(quick);
            var settings = new BenchSettings(
                parsed.GetValue(rounds) ?? (isQuick ? 3 : 5),
                parsed.GetValue(time) ?? (isQuick ? QuickTime : DefaultTime),
                parsed.GetValue(size) ?? 64)
            {
                IsOneCpu = parsed.GetValue(oneCpu),
                IsJson = parsed.GetValue(json),
                Chart = parsed.GetValue(svg),
            };
            if (settings.Time < MinTime)
                throw new ToolException("--time is too short to measure anything: write 1ms or more", ExitStatus.UsageError);
            var given = parsed.GetValue(address);
            var kind = parsed.GetValue(type);
            if (kind is not null && given?.Local is null)
                throw new ToolException("--type is for the address of a local server", ExitStatus.UsageError);
            if (settings is { IsOneCpu: true } && given is not null)
            {
                throw new ToolException(
                    "--one-cpu is for measurements without ADDRESS: the CPU of a server cannot be chosen", ExitStatus.UsageError);
            }
            EchoServer? server = given is null ? null : new(given, kind ?? SocketType.Stream);
            return CommandRunner.RunAsync((workspace, stop) => Benchmark.RunAsync(settings, server, workspace, stop));
        });
        return command;
    }

    /// <summary>Creates the hidden command that runs the worker process.</summary>
    public static Command CreateWorker()
    {
        var control = AddressArgument.Create("CONTROL", "Where its orders come from.");
        var command = new Command(WorkerMain.CommandName) { control };
        command.Hidden = true;
        command.SetAction((parsed, _) => WorkerMain.RunAsync(parsed.GetRequiredValue(control).Local!));
        return command;
    }
}

/// <summary>The options given to <c>samehost bench</c>.</summary>
internal sealed record BenchSettings(int Rounds, TimeSpan Time, int Size)
{
    /// <summary>The message size of the throughput measurement: large enough for the copying to count, small enough for UDP.</summary>
    public const int ThroughputMessageSize = 32 * 1024;

    public bool IsOneCpu { get; init; }

    public bool IsJson { get; init; }

    public string? Chart { get; init; }
}
