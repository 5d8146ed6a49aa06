using Samehost.Tests.Ancillary;
using Xunit;

namespace Samehost.Tests.Sockets;

/// <summary>On a stream a set belongs to the message that holds the last byte of the read that it came with.</summary>
public sealed class DescriptorBoundaryTests : SocketTest
{
    private readonly DescriptorChannel _channel = new("stream");
    private readonly TrackedDescriptor _one = new();
    private readonly TrackedDescriptor _other = new();

    public override ValueTask DisposeAsync()
    {
        _channel.Dispose();
        _one.Dispose();
        _other.Dispose();
        return base.DisposeAsync();
    }

    [Fact]
    public void Plain_bytes_before_a_set_may_come_with_it_and_bytes_after_it_never_do()
    {
        _channel.Send([1, 2]);
        _channel.Send([3], _one.Descriptor);
        _channel.Send([4, 5]);
        Read(100, [1, 2, 3], 1);
        Read(100, [4, 5], 0);
    }

    [Fact]
    public void A_set_comes_with_the_first_bytes_of_a_send_larger_than_the_buffer()
    {
        _channel.Send([1, 2, 3, 4, 5], _one.Descriptor);
        Read(2, [1, 2], 1);
        Read(2, [3, 4], 0);
        Read(2, [5], 0);
    }

    [Fact]
    public void A_buffer_that_ends_before_the_set_leaves_it_for_the_next_read()
    {
        _channel.Send([1, 2, 3]);
        _channel.Send([4, 5], _one.Descriptor);
        Read(3, [1, 2, 3], 0);
        Read(3, [4, 5], 1);
    }

    [Fact]
    public void Two_sets_are_never_received_together()
    {
        for (var i = 0; i < 5; i++)
        {
            _channel.Send([1], _one.Descriptor);
            _channel.Send([2], _other.Descriptor, _other.Descriptor);
        }

        for (var i = 0; i < 5; i++)
        {
            Read(100, [1], 1);
            Read(100, [2], 2);
        }
    }

    [Fact(Timeout = Limit)]
    public async Task A_waiting_receive_keeps_to_the_boundary_too()
    {
        var buffer = new byte[100];
        for (var i = 0; i < 200; i++)
        {
            var waiting = _channel.ReceiveAsync(buffer).AsTask();
            await _channel.SendAsync([1], _one.Descriptor);
            await _channel.SendAsync([2], _other.Descriptor, _other.Descriptor);
            using (var first = await waiting)
                Assert.Equal((1, 1), (first.Count, first.Descriptors.Count));
            using (var second = await _channel.ReceiveAsync(buffer))
                Assert.Equal((1, 2), (second.Count, second.Descriptors.Count));
        }

        Assert.Equal((1, 1), (_one.Count, _other.Count));
    }

    [Fact(Timeout = Limit)]
    public async Task A_send_that_has_to_wait_for_room_carries_its_set_once()
    {
        var large = Pattern(2_000_000);
        var sending = Task.Run(async () => await _channel.SendAsync(large, _one.Descriptor), Token);
        var got = new byte[large.Length];
        var buffer = new byte[70_000];
        var sets = 0;
        for (var at = 0; at < got.Length;)
        {
            using var message = await _channel.ReceiveAsync(buffer);
            buffer.AsSpan(0, message.Count).CopyTo(got.AsSpan(at));
            sets += message.Descriptors.Count;
            Assert.Equal(at == 0 ? 1 : 0, message.Descriptors.Count);
            at += message.Count;
        }

        await sending;
        Assert.Equal(large, got);
        Assert.Equal((1, 1), (sets, _one.Count));
    }

    [Fact(Timeout = Limit)]
    public async Task Messages_of_many_sizes_each_find_their_own_set()
    {
        const int messages = 500;
        var random = new Random(7);
        (int Length, int Descriptors)[] plan = [.. Enumerable.Range(0, messages).Select(_ => (random.Next(1, 3000), random.Next(0, 4)))];
        var sending = Task.Run(async () =>
        {
            foreach (var (length, descriptors) in plan)
                await _channel.SendAsync(new byte[length], [.. Enumerable.Repeat(_one.Descriptor, descriptors)]);
        }, Token);

        var arrived = new List<(int At, int Count)>(); // a set, and where the read ended that it came with
        var buffer = new byte[1000];
        var end = 0;
        for (var total = plan.Sum(p => p.Length); end < total;)
        {
            using var message = await _channel.ReceiveAsync(buffer);
            end += message.Count;
            if (message.Descriptors.Count > 0)
                arrived.Add((end, message.Descriptors.Count));
        }

        await sending;
        var start = 0;
        var expected = new Queue<(int At, int Count)>(arrived);
        foreach (var (length, descriptors) in plan)
        {
            if (descriptors > 0)
            {
                var (at, count) = expected.Dequeue();
                Assert.True(at > start && at <= start + length, $"the set of the message at {start} came with the byte before {at}");
                Assert.Equal(descriptors, count);
            }

            start += length;
        }

        Assert.Empty(expected);
        Assert.Equal(1, _one.Count);
    }

    private void Read(int room, byte[] bytes, int descriptors)
    {
        var buffer = new byte[room];
        using var message = _channel.Receive(buffer);
        Assert.Equal(bytes, buffer[..message.Count]);
        Assert.Equal(descriptors, message.Descriptors.Count);
    }
}
