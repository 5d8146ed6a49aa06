using System.Diagnostics;
using Samehost.Tool.Output;

namespace Samehost.Tool.Tours;

/// <summary>Counts the answers on one kind of socket, keeps the first wrong one, and measures the time of sending and answering.</summary>
internal sealed class Tally
{
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
        double seconds = Math.Max(_watch.Elapsed.TotalSeconds, 1e-6);
        string verdict = Wrong == 0 ? "answers, all \"Hi, <line>\"," : $"answers, {Wrong:N0} of them WRONG,";
        Terminal.Line($"  {kind,-8}  {Answers:N0} {verdict} in {seconds:0.00} s ({Answers / seconds:N0} a second)");
        if (_firstWrong is not null)
            Terminal.Line($"            {_firstWrong}");
        if (TooLong > 0)
            Terminal.Line($"            {TooLong:N0} left out: too long for a datagram");
    }
}
