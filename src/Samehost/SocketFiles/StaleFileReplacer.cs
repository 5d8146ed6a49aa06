using Samehost.Interop;

namespace Samehost.SocketFiles;

/// <summary>Binds a path, in the place of a stale socket file if need be, and of nothing else.</summary>
internal static class StaleFileReplacer
{
    // Each further round means that somebody else made or removed the file in that very moment.
    private const int Rounds = 100;

    private enum Outcome
    {
        Bound,
        Stale,
        Occupied,
        Changed,
    }

    public static void Bind(BindRequest binding)
    {
        for (int round = 0; round < Rounds; round++)
        {
            // A fresh bind needs no lock: while a file is there bind(2) fails, and only the holder of the lock removes one.
            if (Repeat(binding, mayReplace: false) == Outcome.Bound)
                return;
            if (!binding.Options.ReplaceStale)
            {
                throw InUse(binding,
                    "A stale socket file is there, which no process is bound to; replacing it is turned off, so it was left untouched.");
            }
            using (SocketFileLock.Take(binding))
            {
                if (Repeat(binding, mayReplace: true) == Outcome.Bound)
                    return;
            }
            // Somebody else was first. The next round says who, which takes a while and need not hold up those who wait for the lock.
        }
        throw ChangesHands(binding);
    }

    private static Outcome Repeat(BindRequest binding, bool mayReplace)
    {
        for (int round = 0; round < Rounds; round++)
        {
            Outcome outcome = Once(binding, mayReplace);
            if (outcome != Outcome.Changed)
                return outcome;
        }
        throw ChangesHands(binding);
    }

    private static Outcome Once(BindRequest binding, bool mayReplace)
    {
        // The order counts. bind(2) makes the file a moment before the socket can be found through it, both under the
        // directory's lock in the kernel. So what is pinned before our own bind has waited for that lock is judged rightly after it.
        int pin = ExistingFile.Pin(binding.Path, out ExistingFile? occupant);
        using (occupant)
        {
            int result = binding.TryBind();
            if (result >= 0)
                return Outcome.Bound;
            if (result != -(int)Errno.EADDRINUSE)
                throw binding.Failure(result);
            if (occupant is null)
            {
                return pin == -(int)Errno.ENOENT
                    ? Outcome.Changed
                    : throw binding.Failure(pin, "Something is there that could not be looked at; it was left untouched.");
            }

            if (!mayReplace)
            {
                RefuseUnlessStale(binding, occupant);
                return Outcome.Stale;
            }
            if (!occupant.IsSocket || occupant.Probe(binding, out _) != SocketLiveness.Stale)
                return Outcome.Occupied;
            if (LibcFile.LinkStatus(binding.Path, out FileStatus now) < 0 || now.Id != occupant.Status.Id)
                return Outcome.Changed;
            result = LibcFile.Unlink(binding.Path);
            if (result < 0 && result != -(int)Errno.ENOENT)
            {
                uint owner = occupant.Status.User;
                throw binding.Failure(result, () => "A stale socket file is there, but this user may not remove it: " +
                    $"it belongs to {SocketOwner.UserText(owner)}.");
            }
        }
        return binding.TryBind() switch
        {
            >= 0 => Outcome.Bound,
            -(int)Errno.EADDRINUSE => Outcome.Changed,
            int other => throw binding.Failure(other),
        };
    }

    private static void RefuseUnlessStale(BindRequest binding, ExistingFile occupant)
    {
        if (!occupant.IsSocket)
            throw InUse(binding, $"{occupant.Noun} is there and was left untouched: choose another path, or move it away.");
        switch (occupant.Probe(binding, out int result))
        {
            case SocketLiveness.Live:
                throw InUse(binding, $"A live socket of {SocketOwner.Describe(binding, occupant.Status.Id)} is there and was left untouched.");
            case SocketLiveness.Unclear:
                throw InUse(binding, $"A socket file of {SocketOwner.UserText(occupant.Status.User)} is there and was left untouched, " +
                    $"because it could not be seen whether it is in use ({(Errno)(-result)}).");
        }
    }

    private static UnixSocketException ChangesHands(BindRequest binding) =>
        InUse(binding, "The file there changes hands again and again: several programs remove and make it.");

    private static UnixSocketException InUse(BindRequest binding, string hint) => binding.Failure(-(int)Errno.EADDRINUSE, hint);
}
