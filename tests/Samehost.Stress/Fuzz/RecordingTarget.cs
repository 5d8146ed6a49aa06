using Samehost.Tool.Cli;
using Samehost.Tool.Replay;

namespace Samehost.Stress.Fuzz;

/// <summary>What <c>samehost replay</c> reads.</summary>
internal sealed class RecordingTarget : FuzzTarget
{
    public override string Name => "recordings";

    public override IReadOnlyList<string> Words { get; } =
    [
        "{\"samehost\":\"recording 1\",\"type\":\"stream\"}\n", "{\"time\":0,\"connection\":1,\"event\":\"open\"}\n", "\"event\":\"data\"",
        "\"direction\":\"to-server\"", "\"direction\":\"to-client\"", "\"bytes\":\"aGVsbG8=\"", "\"event\":\"end\"", "\"event\":\"close\"",
        "1e999", "-1", "null", "\"descriptors\":[\"file\"]", "\n", "{", "}", ",", "[[[[", "\\u0000", "2147483648",
    ];

    public override ValueTask DisposeAsync() => ValueTask.CompletedTask;

    public override string Run(byte[] input)
    {
        try
        {
            var recording = Recording.Parse("recording", input);
            foreach (var one in recording.Events)
            {
                Require(one.Connection > 0, $"connection {one.Connection}");
                Require(one.Time >= 0 && double.IsFinite(one.Time), $"line {one.Line} happens after {one.Time} seconds");
            }
            return $"{recording.SocketType} {recording.Events.Count >> 1} {string.Join('|', recording.Events.Take(4).Select(e => e.Event))}";
        }
        catch (ToolException e)
        {
            return KindOf(e);
        }
    }
}
