using System.Globalization;

namespace Samehost.Bench.Measuring;

/// <summary>What a process under measurement reports: <c>result roundtrips=123 nanoseconds=456</c>.</summary>
internal sealed class ResultLine
{
    public const string Start = "result ";
    private readonly Dictionary<string, double> _values = [];

    public ResultLine(string line)
    {
        foreach (string part in line[Start.Length..].Split(' ', StringSplitOptions.RemoveEmptyEntries))
        {
            string[] pair = part.Split('=', 2);
            _values[pair[0]] = double.Parse(pair[1], CultureInfo.InvariantCulture);
        }
    }

    public double this[string name] => _values[name];
}
