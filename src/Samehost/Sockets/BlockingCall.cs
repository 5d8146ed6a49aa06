using System.Diagnostics;
using Samehost.Interop;
using Samehost.EventLoops;

namespace Samehost.Sockets;

/// <summary>A non-blocking system call that a thread repeats until it is carried out.</summary>
internal interface IBlockingCall
{
    /// <summary>The result, or <c>-errno</c>; <c>-EAGAIN</c> to wait and be called again.</summary>
    int Try();
}

/// <summary>Blocking calls: try, poll for as long as that has paid lately, then sleep.</summary>
internal static class BlockingCall
{
    public const int Again = -(int)Errno.EAGAIN;

    /// <summary>Runs the call to its end, or returns <c>-ETIMEDOUT</c> after <paramref name="milliseconds"/> (−1: no limit).</summary>
    public static int Run<TCall>(SocketContext core, ref TCall call, short events, ref SpinBudget budget, int milliseconds)
        where TCall : IBlockingCall, allows ref struct
    {
        int result = call.Try();
        return result != Again ? result : Wait(core, ref call, events, ref budget, milliseconds);
    }

    private static int Wait<TCall>(SocketContext core, ref TCall call, short events, ref SpinBudget budget, int milliseconds)
        where TCall : IBlockingCall, allows ref struct
    {
        long start = Stopwatch.GetTimestamp();
        while (true)
        {
            int result;
            long began = Stopwatch.GetTimestamp();
            if (budget.Budget > 0)
            {
                long end = began + budget.Budget;
                do
                {
                    LibcSched.Yield();
                    result = call.Try();
                    if (result != Again)
                    {
                        budget.Succeeded();
                        return result;
                    }
                }
                while (Stopwatch.GetTimestamp() < end);
            }

            var limit = milliseconds < 0 ? LibcPoll.Forever : TimeSpan.FromMilliseconds(milliseconds) - Stopwatch.GetElapsedTime(start);
            if (milliseconds >= 0 && limit <= TimeSpan.Zero)
                return -(int)Errno.ETIMEDOUT;
            bool ready = core.WaitReady(events, limit);
            budget.Slept(Stopwatch.GetTimestamp() - began);
            result = call.Try();
            if (result != Again)
                return result;
            if (!ready)
                return -(int)Errno.ETIMEDOUT;
        }
    }
}
