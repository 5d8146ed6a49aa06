namespace Samehost.Serving;

/// <summary>Counts connections by user.</summary>
internal sealed class UserLimit(int limit)
{
    private readonly Dictionary<uint, int> _counts = [];

    /// <summary>Counts one more, unless the user has as many as allowed.</summary>
    public bool TryEnter(uint user)
    {
        lock (_counts)
        {
            int count = _counts.GetValueOrDefault(user);
            if (count >= limit)
                return false;
            _counts[user] = count + 1;
            return true;
        }
    }

    public void Leave(uint user)
    {
        lock (_counts)
        {
            if (--_counts[user] == 0)
                _counts.Remove(user);
        }
    }
}
