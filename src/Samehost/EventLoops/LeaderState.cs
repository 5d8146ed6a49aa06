namespace Samehost.EventLoops;

/// <summary>
/// Which thread leads a loop and how far it is, in one word, so that a leader's claim of the next piece of work and its replacement exclude
/// each other. From the top: term of the leader (24 bits), number of the batch (23), running (1), pieces claimed (16).
/// </summary>
/// <remarks>The word changes with each claim. So the same word on two ticks of the watchdog means that a continuation blocks the
/// leader.</remarks>
internal struct LeaderState
{
    /// <summary>The number of pieces that may be claimed in one batch, within the 16 bits that count them.</summary>
    public const int MaxClaims = 1 << 15;

    private const long Running = 1L << 16;
    private const long OneBatch = 1L << 17;
    private const long BatchMask = ((1L << 23) - 1) << 17;
    private const long OneTerm = 1L << 40;

    private long _word;

    public readonly long Current => Volatile.Read(in _word);

    public static int Claimed(long word) => (int)(word & 0xFFFF);

    public static bool IsRunning(long word) => (word & Running) != 0;

    public static long Term(long word) => (long)((ulong)word / OneTerm);

    /// <summary>Claims the next piece of work; false when the leader was replaced.</summary>
    public bool TryClaim(long seen) => Interlocked.CompareExchange(ref _word, seen + 1, seen) == seen;

    /// <summary>Changes from running to waiting, during which a leader is not replaced.</summary>
    public bool TryStartWaiting(long seen) => Interlocked.CompareExchange(ref _word, seen & ~(Running | 0xFFFF), seen) == seen;

    /// <summary>Changes from waiting to running, with the next batch; a full fence.</summary>
    public void StartRunning()
    {
        var word = _word;
        var batch = (word + OneBatch) & BatchMask;
        Interlocked.Exchange(ref _word, (word & ~BatchMask) | batch | Running);
    }

    /// <summary>Ends the leader's term and begins the caller's, who continues with what is left of the batch.</summary>
    public bool TryReplace(long seen) => Interlocked.CompareExchange(ref _word, seen + OneTerm, seen) == seen;
}
