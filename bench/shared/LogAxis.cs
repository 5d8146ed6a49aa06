namespace Samehost.Measuring;

/// <summary>Where a value lies on a logarithmic axis that has room for all values, and which values to write on it.</summary>
internal sealed class LogAxis
{
    private static readonly double[] Steps =
        [.. Enumerable.Range(-9, 22).SelectMany(power => new[] { 1.0, 2, 5 }.Select(digit => digit * Math.Pow(10, power)))];

    private readonly double _left;
    private readonly double _width;
    private readonly double _from;
    private readonly double _to;

    /// <summary>It begins and ends at 1, 2 or 5 times a power of ten.</summary>
    public LogAxis(IEnumerable<double> values, double left, double width)
    {
        double[] all = [.. values.Where(value => value > Steps[0] && value < Steps[^1]).DefaultIfEmpty(1)];
        (_left, _width) = (left, width);
        _from = Steps.Last(step => step <= all.Min());
        _to = Steps.First(step => step >= all.Max() && step > _from);
    }

    /// <summary>The powers of ten, and 2 and 5 times one where there is room for them.</summary>
    public IEnumerable<double> Ticks =>
        Steps.Where((step, index) => step >= _from && step <= _to && (_to / _from <= 1000 || index % 3 == 0));

    public double At(double value) => _left + (_width * Math.Log(Math.Clamp(value, _from, _to) / _from) / Math.Log(_to / _from));
}
