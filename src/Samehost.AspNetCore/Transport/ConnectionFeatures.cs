using System.Collections;
using Microsoft.AspNetCore.Http.Features;

namespace Samehost.AspNetCore.Transport;

/// <summary>The features of a connection: a dozen, so that looking through them is faster, and smaller, than a dictionary.</summary>
internal sealed class ConnectionFeatures : IFeatureCollection
{
    private const int Expected = 12;

    private KeyValuePair<Type, object>[] _features = new KeyValuePair<Type, object>[Expected];
    private int _count;

    /// <param name="owner">What is all of the first features.</param>
    /// <param name="keys">Which those are.</param>
    public ConnectionFeatures(object owner, ReadOnlySpan<Type> keys)
    {
        foreach (var key in keys)
            _features[_count++] = new(key, owner);
    }

    public bool IsReadOnly => false;

    public int Revision { get; private set; }

    public object? this[Type key]
    {
        get => IndexOf(key) is >= 0 and var index ? _features[index].Value : null;
        set
        {
            ArgumentNullException.ThrowIfNull(key);
            Revision++;
            int index = IndexOf(key);
            if (value is null)
            {
                if (index >= 0)
                    _features[index] = _features[--_count];
                return;
            }

            if (index < 0)
                index = _count++;
            if (index == _features.Length)
                Array.Resize(ref _features, _features.Length * 2);
            _features[index] = new(key, value);
        }
    }

    public TFeature? Get<TFeature>() => (TFeature?)this[typeof(TFeature)];

    public void Set<TFeature>(TFeature? instance) => this[typeof(TFeature)] = instance;

    public IEnumerator<KeyValuePair<Type, object>> GetEnumerator() => _features.Take(_count).GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    private int IndexOf(Type key)
    {
        var features = _features.AsSpan(0, _count);
        for (int i = 0; i < features.Length; i++)
        {
            if (ReferenceEquals(features[i].Key, key))
                return i;
        }

        return -1;
    }
}
