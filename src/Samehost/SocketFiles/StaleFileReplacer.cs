using Samehost.Inspection;
using Samehost.Interop;

namespace Samehost.SocketFiles;

/// <summary>Binds a path, in the place of a stale socket file if need be, and of nothing else.</summary>
internal static class StaleFileReplacer
{
    // Each further round means that another process created or removed the file at the same time.
    private const int Rounds = 100;

    private enum Outcome
    {
        Bound,
        Stale,
        Occupied,
        Changed,
    }

    public static void Bind(BindRequest request)
    {
        for (var round = 0; round < Rounds; round++)
        {
            // A fresh bind needs no lock: bind(2) fails if the file exists, and only the holder of the lock removes one.
            if (Repeat(request, mayReplace: false) == Outcome.Bound)
                return;
            if (!request.Options.ReplaceStale)
            {
                throw InUse(request,
                    "A stale socket file exists, which no process is bound to; replacing it is turned off, so it was left untouched.");
            }
            using (SocketFileLock.Take(request))
            {
                if (Repeat(request, mayReplace: true) == Outcome.Bound)
                    return;
            }
            // Another process was first. The next round reports which, outside the lock that others wait for.
        }
        throw ReplacedAgain(request);
    }

    private static Outcome Repeat(BindRequest request, bool mayReplace)
    {
        for (var round = 0; round < Rounds; round++)
        {
            var outcome = Once(request, mayReplace);
            if (outcome != Outcome.Changed)
                return outcome;
        }
        throw ReplacedAgain(request);
    }

    private static Outcome Once(BindRequest request, bool mayReplace)
    {
        // The order counts. bind(2) creates the file a moment before the socket can be found through it, both under the
        // directory's lock in the kernel. A file pinned before our own bind, which waits for that lock, is complete after it.
        var pin = ExistingFile.Pin(request.Path, out var existing);
        using (existing)
        {
            var result = request.TryBind();
            if (result >= 0)
                return Outcome.Bound;
            if (result != -(int)Errno.EADDRINUSE)
                throw request.Failure(result);
            if (existing is null)
            {
                return pin == -(int)Errno.ENOENT
                    ? Outcome.Changed
                    : throw request.Failure(pin, "The existing file could not be examined; it was left untouched.");
            }

            if (!mayReplace)
            {
                RefuseUnlessStale(request, existing);
                return Outcome.Stale;
            }
            if (!existing.IsSocket || existing.Probe(request, out _) != SocketLiveness.Stale)
                return Outcome.Occupied;
            if (LibcFile.LinkStatus(request.Path, out var now) < 0 || now.Id != existing.Status.Id)
                return Outcome.Changed;
            result = LibcFile.Unlink(request.Path);
            if (result < 0 && result != -(int)Errno.ENOENT)
                throw request.Failure(result); // explained as a bind to a stale file that cannot be removed
        }
        return request.TryBind() switch
        {
            >= 0 => Outcome.Bound,
            -(int)Errno.EADDRINUSE => Outcome.Changed,
            int other => throw request.Failure(other),
        };
    }

    private static void RefuseUnlessStale(BindRequest request, ExistingFile existing)
    {
        if (!existing.IsSocket)
            throw InUse(request, $"{existing.Noun} exists and was left untouched: choose another path, or move it away.");
        switch (existing.Probe(request, out var result))
        {
            case SocketLiveness.Live:
                var file = existing.InSocketTable();
                throw InUse(request, () =>
                {
                    var owner = ExistingFile.DescribeOwner(file, out var own);
                    return $"A live socket of {owner} exists and was left untouched.{own}";
                });
            case SocketLiveness.Unclear:
                var user = existing.Status.User;
                throw InUse(request, () => $"A socket file of user {PrintableText.UserName(user)} exists and was left untouched, " +
                    $"because it could not be seen whether it is in use ({(Errno)(-result)}).");
        }
    }

    private static UnixSocketException ReplacedAgain(BindRequest request) =>
        InUse(request, "The file there was replaced again and again: several programs remove and make it.");

    private static UnixSocketException InUse(BindRequest request, string hint) => request.Failure(-(int)Errno.EADDRINUSE, hint);

    private static UnixSocketException InUse(BindRequest request, Func<string> makeHint) =>
        request.Failure(-(int)Errno.EADDRINUSE, makeHint);
}
