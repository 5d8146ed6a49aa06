namespace Samehost.EventLoops;

/// <summary>
/// Who leads a loop and how far that thread has come, in one word, so that a leader's claim of the next piece of work and its
/// deposition exclude each other. From the top: term (24 bits), number of the batch (23), running (1), pieces claimed (16).
/// The word changes with each claim, so that a word seen twice, a tick apart, means a leader stuck in a continuation.
/// </summary>
internal struct LeaderState
{
    /// <summary>So many pieces may be claimed in one batch, with room to spare in the 16 bits that count them.</summary>
    public const int MostClaims = 1 << 15;

    private const long Running = 1L << 16;
    private const long OneBatch = 1L << 17;
    private const long BatchMask = ((1L << 23) - 1) << 17;
    private const long OneTerm = 1L << 40;

    private long _word;

    public readonly long Now => Volatile.Read(in _word);

    public static int Claimed(long word) => (int)(word & 0xFFFF);

    public static bool IsRunning(long word) => (word & Running) != 0;

    public static long Term(long word) => (long)((ulong)word / OneTerm);

    /// <summary>Claims the next piece of work; false when the leader was deposed.</summary>
    public bool TryClaim(long seen) => Interlocked.CompareExchange(ref _word, seen + 1, seen) == seen;

    /// <summary>From work to waiting, where nobody is deposed.</summary>
    public bool TryStartWaiting(long seen) => Interlocked.CompareExchange(ref _word, seen & ~(Running | 0xFFFF), seen) == seen;

    /// <summary>From waiting to the next batch; a full fence.</summary>
    public void StartRunning()
    {
        long word = _word;
        long batch = (word + OneBatch) & BatchMask;
        Interlocked.Exchange(ref _word, (word & ~BatchMask) | batch | Running);
    }

    /// <summary>Ends the leader's term and begins the caller's, who takes over what is left of the batch.</summary>
    public bool TryDepose(long seen) => Interlocked.CompareExchange(ref _word, seen + OneTerm, seen) == seen;
}
