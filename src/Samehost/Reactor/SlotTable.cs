namespace Samehost.Reactor;

/// <summary>
/// Finds the registration that an event belongs to. A slot's generation changes when it is emptied, so an event that was fetched
/// before its descriptor was closed never reaches whoever has the slot, or the descriptor's number, now.
/// </summary>
internal sealed class SlotTable
{
    private readonly Lock _lock = new();
    private readonly Stack<int> _free = new();
    private Slot[] _slots = new Slot[64];
    private int _used;

    public ulong Add(Registration registration)
    {
        lock (_lock)
        {
            if (!_free.TryPop(out int index))
            {
                index = _used++;
                if (index == _slots.Length)
                {
                    // Slots are objects, so a reader of the old array sees what is written through the new one.
                    var larger = new Slot[_slots.Length * 2];
                    _slots.CopyTo(larger, 0);
                    Volatile.Write(ref _slots, larger);
                }

                _slots[index] = new Slot();
            }

            var slot = _slots[index];
            Volatile.Write(ref slot.Registration, registration);
            return ((ulong)slot.Generation << 32) | (uint)index;
        }
    }

    public void Remove(ulong data)
    {
        lock (_lock)
        {
            var slot = _slots[(int)(uint)data];
            slot.Generation++;
            slot.Registration = null;
            _free.Push((int)(uint)data);
        }
    }

    public Registration? Find(ulong data)
    {
        var slots = Volatile.Read(ref _slots);
        var slot = slots[(int)(uint)data];
        var registration = Volatile.Read(ref slot.Registration);
        return Volatile.Read(ref slot.Generation) == (uint)(data >> 32) ? registration : null;
    }

    private sealed class Slot
    {
        public Registration? Registration;
        public uint Generation;
    }
}
