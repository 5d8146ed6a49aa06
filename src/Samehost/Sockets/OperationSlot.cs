namespace Samehost.Sockets;

/// <summary>Keeps one used operation for the next call, so that a call at a time allocates nothing.</summary>
internal struct OperationSlot<T>
    where T : class
{
    private T? _spare;

    public T? Take() => Interlocked.Exchange(ref _spare, null);

    public void Return(T operation) => Volatile.Write(ref _spare, operation);
}
