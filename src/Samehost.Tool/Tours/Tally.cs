using System.Diagnostics;
using Samehost.Tool.Output;

namespace Samehost.Tool.Tours;

/// <summary>Counts the answers on one kind of socket, keeps the first wrong one, and measures the time of sending and answering.</summary>
internal sealed class Tally
{
    /// <summary>Fewer answers measure how the programs start, not how fast they are.</summary>
    private const int EnoughForSpeed = 10_000;

    private readonly Stopwatch _watch = new();
    private string? _firstWrong;

    public long Answers { get; private set; }

    public long Wrong { get; private set; }

    /// <summary>Lines that this kind of socket cannot carry.</summary>
    public long TooLong { get; set; }

    public void Start() => _watch.Start();

    public void Pause() => _watch.Stop();

    public void Add(ReadOnlySpan<byte> line, ReadOnlySpan<byte> answer)
    {
        Answers++;
        if (answer.StartsWith("Hi, "u8) && answer[4..].SequenceEqual(line))
            return;
        Wrong++;
        _firstWrong ??= $"{Printable.Excerpt(line)} was answered with {Printable.Excerpt(answer)}";
    }

    public void Print(string kind)
    {
        double seconds = _watch.Elapsed.TotalSeconds;
        string verdict = Wrong == 0 ? "every answer was \"Hi, <line>\"" : $"{Wrong:N0} of {Answers:N0} answers were WRONG";
        string speed = Answers < EnoughForSpeed ? "" : $" ({Answers / seconds:N0} a second)";
        if (Answers > 0)
            Terminal.Line($"  {kind,-8}  {verdict}, in {seconds:0.00} s{speed}");
        if (_firstWrong is not null)
            Terminal.Line($"            {_firstWrong}");
        if (TooLong > 0)
            Terminal.Line($"  {(Answers > 0 ? "" : kind),-8}  lines too long for a datagram, left out: {TooLong:N0}");
    }
}
