using Samehost.Tool.Arguments;
using Samehost.Tool.Commands;

namespace Samehost.Tool.Transfer;

/// <summary>A deadline that begins anew whenever something happens.</summary>
internal sealed class IdleClock : IDisposable
{
    private readonly CancellationTokenSource _expiry = new();
    private TimeSpan? _limit;

    public IdleClock(TimeSpan? limit) => Limit = limit;

    /// <summary>Cancelled when nothing has happened for the time.</summary>
    public CancellationToken Token => _expiry.Token;

    /// <summary>The time; none when null.</summary>
    public TimeSpan? Limit
    {
        get => _limit;
        set
        {
            _limit = value;
            Touch();
        }
    }

    public bool HasExpired => _expiry.IsCancellationRequested;

    public ToolException Expired => new($"nothing came or went for {Duration.Text(_limit ?? TimeSpan.Zero)}");

    public void Touch()
    {
        if (_limit is { } limit)
            _expiry.CancelAfter(limit);
    }

    public void Dispose() => _expiry.Dispose();
}
