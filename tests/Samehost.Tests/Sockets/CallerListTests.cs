using System.Collections;
using System.Runtime.InteropServices;
using Xunit;

namespace Samehost.Tests.Sockets;

/// <summary>A list of the caller's own may be any code, which must not run later, with a lock of ours held.</summary>
public sealed class CallerListTests : StreamPairTest
{
    [Fact(Timeout = Limit)]
    public async Task The_buffers_of_a_gathered_write_are_read_from_the_list_before_the_call_returns()
    {
        var buffers = new WatchedList<ReadOnlyMemory<byte>>([new byte[1 << 22], new byte[1 << 22]]);
        var writing = Near.WriteAsync(buffers, Token);
        Assert.False(writing.IsCompleted);
        var reads = buffers.Reads;
        await Far.ReadExactlyAsync(new byte[2 << 22], Token);
        await writing;
        Assert.Equal(reads, buffers.Reads);
    }

    [Fact(Timeout = Limit)]
    public async Task Descriptors_are_read_from_the_list_before_the_call_returns()
    {
        Far.AcceptDescriptors = true;
        using var file = File.OpenHandle("/dev/null");
        var descriptors = new WatchedList<SafeHandle>([file]);
        var large = new byte[1 << 22];
        var filling = Near.WriteAsync(large, Token);
        var sending = Near.SendAsync(new byte[1], descriptors, Token);
        Assert.False(sending.IsCompleted);
        var reads = descriptors.Reads;
        await Far.ReadExactlyAsync(large, Token);
        await filling;
        using var message = await Far.ReceiveAsync(large, null, Token);
        Assert.Equal(1, message.Descriptors.Count);
        await sending;
        Assert.Equal(reads, descriptors.Reads);
    }

    private sealed class WatchedList<T>(T[] items) : IReadOnlyList<T>
    {
        private int _reads;

        public int Reads => Volatile.Read(ref _reads);

        public int Count => Counted(items.Length);

        public T this[int index] => Counted(items[index]);

        public IEnumerator<T> GetEnumerator() => Counted(((IEnumerable<T>)items).GetEnumerator());

        IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

        private TResult Counted<TResult>(TResult result)
        {
            Interlocked.Increment(ref _reads);
            return result;
        }
    }
}
