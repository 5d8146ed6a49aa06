using System.Text;

namespace Samehost.Stress.Fuzz;

/// <summary>Creates inputs by mutation of others.</summary>
internal sealed class Mutator(Random random, IReadOnlyList<string> words)
{
    private const int MaxLength = 4096;
    private const int MaxOutcomes = 2000;

    private static readonly byte[] Interesting = [0, 1, 9, 10, 13, 27, 32, 37, 44, 46, 47, 58, 61, 64, 127, 128, 155, 192, 255];

    private readonly List<byte[]> _pool = [];
    private readonly HashSet<string> _outcomes = [];

    public int Outcomes => _outcomes.Count;

    public void Seed(IEnumerable<byte[]> inputs) => _pool.AddRange(inputs);

    /// <summary>Adds an input with a new outcome.</summary>
    public void Learn(byte[] input, string outcome)
    {
        if (_outcomes.Count < MaxOutcomes && _outcomes.Add(outcome))
            _pool.Add(input);
    }

    public byte[] Next()
    {
        var bytes = new List<byte>(_pool[random.Next(_pool.Count)]);
        for (var more = 1 << random.Next(5); more > 0; more--)
            Mutate(bytes);
        if (bytes.Count > MaxLength)
            bytes.RemoveRange(MaxLength, bytes.Count - MaxLength);
        return [.. bytes];
    }

    private void Mutate(List<byte> bytes)
    {
        var at = random.Next(bytes.Count + 1);
        switch (random.Next(bytes.Count == 0 ? 3 : 9))
        {
            case 0:
                bytes.Insert(at, Interesting[random.Next(Interesting.Length)]);
                break;
            case 1:
                bytes.InsertRange(at, Encoding.UTF8.GetBytes(words[random.Next(words.Count)]));
                break;
            case 2:
                bytes.InsertRange(at, Enumerable.Repeat((byte)random.Next(256), 1 << random.Next(10)));
                break;
            case 3:
                bytes[at % bytes.Count] ^= (byte)(1 << random.Next(8));
                break;
            case 4:
                bytes[at % bytes.Count] = Interesting[random.Next(Interesting.Length)];
                break;
            case 5:
                bytes.RemoveRange(at % bytes.Count, random.Next(1, bytes.Count - at % bytes.Count + 1));
                break;
            case 6:
                var from = at % bytes.Count;
                bytes.InsertRange(random.Next(bytes.Count), bytes.GetRange(from, random.Next(1, Math.Min(64, bytes.Count - from) + 1)));
                break;
            case 7:
                // The end of another input.
                var other = _pool[random.Next(_pool.Count)];
                bytes.RemoveRange(at, bytes.Count - at);
                bytes.AddRange(other.AsSpan(random.Next(other.Length + 1)));
                break;
            default:
                bytes[at % bytes.Count] += (byte)random.Next(-3, 4);
                break;
        }
    }
}
