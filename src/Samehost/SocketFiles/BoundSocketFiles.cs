using System.Runtime.CompilerServices;

namespace Samehost.SocketFiles;

/// <summary>
/// The socket files that this process has bound and still owns. They are removed when the process ends in an ordinary way (a return from
/// <c>Main</c>, <see cref="Environment.Exit"/>), and by <see cref="ShutdownSignal"/> before a signal ends it.
/// </summary>
internal static class BoundSocketFiles
{
    /// <summary>How long a bind that has begun may delay the end of the process, and the end a bind that begins.</summary>
    private static readonly TimeSpan BindTime = TimeSpan.FromSeconds(1);

    /// <summary>How long the locks of directories may delay the removal, all together.</summary>
    private static readonly TimeSpan LockTime = TimeSpan.FromMilliseconds(200);

    private static readonly ReaderWriterLockSlim Binds = new();

    // Weak: once its socket has been collected, the number of the inode may be that of another server's file.
    private static readonly ConditionalWeakTable<SocketFile, object> Files = [];

    private static long _bindsAgainAt;

    static BoundSocketFiles() => AppDomain.CurrentDomain.ProcessExit += static (_, _) => RemoveAll(isLast: true);

    /// <summary>Begins a bind on this thread: the process does not end between the making of the file and <see cref="Add"/>.</summary>
    public static void EnterBind()
    {
        Binds.EnterReadLock();
        if (Volatile.Read(ref _bindsAgainAt) - Environment.TickCount64 is > 0 and var wait)
            Thread.Sleep((int)wait); // the process is ending
    }

    public static void ExitBind() => Binds.ExitReadLock();

    public static void Add(SocketFile file) => Files.AddOrUpdate(file, file);

    public static void Remove(SocketFile file) => Files.Remove(file);

    /// <summary>Removes the files; returns when also those are removed that other threads have begun to remove.</summary>
    /// <param name="isLast">The process ends afterwards: waits for binds that have begun, and delays later ones.</param>
    public static void RemoveAll(bool isLast)
    {
        var isAlone = isLast && Binds.TryEnterWriteLock(BindTime);
        try
        {
            var deadline = Environment.TickCount64 + (long)LockTime.TotalMilliseconds;
            foreach (var (file, _) in Files)
                file.Remove(TimeSpan.FromMilliseconds(Math.Max(0, deadline - Environment.TickCount64)));
            if (isLast)
                Volatile.Write(ref _bindsAgainAt, Environment.TickCount64 + (long)BindTime.TotalMilliseconds);
        }
        finally
        {
            if (isAlone)
                Binds.ExitWriteLock();
        }
    }
}
