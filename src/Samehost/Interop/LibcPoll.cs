// ppoll(2): waiting for a few descriptors on the calling thread.
using System.Diagnostics;
using System.Runtime.InteropServices;

namespace Samehost.Interop;

/// <summary>Blocks the calling thread until a descriptor is ready.</summary>
internal static unsafe partial class LibcPoll
{
    public const short POLLIN = 0x001;
    public const short POLLOUT = 0x004;
    public const short POLLHUP = 0x010;
    public const short POLLRDHUP = 0x2000;

    /// <summary>No time limit.</summary>
    public static readonly TimeSpan Forever = Timeout.InfiniteTimeSpan;

    /// <summary>Returns true if <paramref name="events"/>, an error or a hang-up is pending.</summary>
    public static bool IsReady(Descriptor descriptor, short events) => Wait(descriptor, events, null, TimeSpan.Zero) > 0;

    /// <summary>
    /// Waits for <paramref name="events"/>, or for <paramref name="wake"/> to become readable. Returns 0 when the time is over,
    /// otherwise more than 0, or <c>-errno</c>. Signals do not shorten or lengthen it.
    /// </summary>
    public static int Wait(Descriptor descriptor, short events, Descriptor? wake, TimeSpan limit)
    {
        using var lease = new DescriptorLease(descriptor);
        using var wakeLease = new DescriptorLease(wake ?? descriptor);
        var fds = stackalloc PollFd[2];
        fds[0] = new PollFd { Fd = lease.Fd, Events = events };
        fds[1] = new PollFd { Fd = wakeLease.Fd, Events = POLLIN };
        nuint count = wake is null ? 1u : 2u;
        var start = limit == Forever ? 0 : Stopwatch.GetTimestamp();
        while (true)
        {
            TimeSpec left = default;
            if (limit != Forever)
            {
                var rest = limit == TimeSpan.Zero ? limit : limit - Stopwatch.GetElapsedTime(start);
                left = TimeSpec.From(rest > TimeSpan.Zero ? rest : TimeSpan.Zero);
            }

            var result = LibcResult.From(ppoll(fds, count, limit == Forever ? null : &left, null));
            if (result != -LibcResult.EINTR)
                return result;
        }
    }

    /// <summary>
    /// Fills in what has happened to each of <paramref name="fds"/>, once something has or a signal came; without waiting unless it
    /// <paramref name="sleeps"/>. Returns how many have something, or <c>-errno</c>. The caller keeps the descriptors open.
    /// </summary>
    public static int Wait(Span<PollFd> fds, bool sleeps)
    {
        TimeSpec none = default;
        fixed (PollFd* first = fds)
            return LibcResult.From(ppoll(first, (nuint)fds.Length, sleeps ? null : &none, null));
    }

    [LibraryImport("libc")]
    private static partial int ppoll(PollFd* fds, nuint count, TimeSpec* limit, void* signals);

    /// <summary>A descriptor (a negative one is ignored), the events to wait for, and those that have occurred.</summary>
    public struct PollFd
    {
        public int Fd;
        public short Events;
        public short Returned;
    }

    private struct TimeSpec
    {
        public nint Seconds;
        public nint Nanoseconds;

        public static TimeSpec From(TimeSpan time) => new()
        {
            Seconds = (nint)(time.Ticks / TimeSpan.TicksPerSecond),
            Nanoseconds = (nint)(time.Ticks % TimeSpan.TicksPerSecond * TimeSpan.NanosecondsPerTick),
        };
    }
}
