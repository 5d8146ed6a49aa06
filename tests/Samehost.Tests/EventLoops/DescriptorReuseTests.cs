using System.Diagnostics;
using Samehost.Tests.Sockets;
using Samehost.Tests.Support;
using Xunit;

namespace Samehost.Tests.EventLoops;

/// <summary>Descriptor numbers are reused at once; a program that closes and opens all the time must never receive the bytes of another
/// socket.</summary>
[Collection(NonParallel.Name)]
public sealed class DescriptorReuseTests : CountingSocketTest
{
    private const int Threads = 8;
    private static readonly TimeSpan Length = TimeSpan.FromSeconds(3);

    [Fact(Timeout = 180_000)]
    public async Task In_a_storm_of_closing_and_opening_no_call_sees_another_sockets_bytes()
    {
        var start = Stopwatch.GetTimestamp();
        var opened = 0;
        var interrupted = 0;

        async Task StormAsync(int thread)
        {
            var random = new Random(thread);
            var buffer = new byte[8];
            while (Stopwatch.GetElapsedTime(start) < Length)
            {
                var mark = ((long)thread << 32) | (uint)Interlocked.Increment(ref opened);
                var sent = BitConverter.GetBytes(mark);
                var (near, far) = UnixStream.CreatePair();
                var read = near.ReadAsync(buffer, CancellationToken.None);
                switch (random.Next(4))
                {
                    case 0: // closed by another thread while the read waits, or as the bytes arrive
                        ThreadPool.UnsafeQueueUserWorkItem(_ => near.Dispose(), null);
                        if (random.Next(2) == 0)
                            Try(() => far.Write(sent));
                        break;
                    case 1: // the event is on its way while the reader closes
                        far.Write(sent);
                        near.Dispose();
                        break;
                    case 2: // the far end is closed at once
                        far.Write(sent);
                        far.Dispose();
                        break;
                    default:
                        far.Write(sent);
                        break;
                }

                try
                {
                    var count = await read;
                    Assert.Equal(8, count);
                    Assert.Equal(mark, BitConverter.ToInt64(buffer));
                }
                catch (ObjectDisposedException)
                {
                    Interlocked.Increment(ref interrupted);
                }

                near.Dispose();
                far.Dispose();
            }
        }

        await Task.WhenAll(Enumerable.Range(0, Threads).Select(thread => Task.Run(() => StormAsync(thread), Token)));

        Assert.NotEqual(0, interrupted);
        Assert.True(opened > 1_000, $"only {opened} pairs: no storm");
    }

    private static void Try(Action call)
    {
        try
        {
            call();
        }
        catch (IOException)
        {
            // the other end was closed already
        }
    }
}
