namespace Samehost.EventLoops;

/// <summary>
/// Finds the registration of an event. A slot's generation changes when it is emptied, so an event that was fetched before its descriptor
/// was closed never reaches the registration that has the slot, or the number of the descriptor, by now.
/// </summary>
internal sealed class RegistrationTable
{
    private readonly Lock _lock = new();
    private readonly Stack<int> _free = new();
    private uint[] _generations = new uint[64];
    private Registration?[] _slots = new Registration?[64];
    private int _used;

    /// <summary>Assigns a slot, whose number and generation the registration then has.</summary>
    public void Add(Registration registration)
    {
        lock (_lock)
        {
            if (!_free.TryPop(out var index))
            {
                index = _used++;
                if (index == _slots.Length)
                {
                    Array.Resize(ref _generations, _slots.Length * 2);
                    var larger = new Registration?[_slots.Length * 2];
                    _slots.CopyTo(larger, 0);
                    Volatile.Write(ref _slots, larger);
                }
            }

            registration.Slot = ((ulong)_generations[index] << 32) | (uint)index;
            Volatile.Write(ref _slots[index], registration);
        }
    }

    public void Remove(Registration registration)
    {
        lock (_lock)
        {
            var index = (int)(uint)registration.Slot;
            _generations[index]++;
            Volatile.Write(ref _slots[index], null);
            _free.Push(index);
        }
    }

    /// <summary>The registration with this slot; null when it has been removed since.</summary>
    /// <remarks>The array may be the one from before it grew, which has all registrations of when the events were fetched.</remarks>
    public Registration? Find(ulong slot) =>
        Volatile.Read(ref _slots)[(int)(uint)slot] is { } registration && registration.Slot == slot ? registration : null;
}
