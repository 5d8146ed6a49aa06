using System.Buffers;
using Xunit;

namespace Samehost.Tests.Sockets;

/// <summary>Receives of records that request room when there is a record.</summary>
public sealed class ReceiveIntoTests : SocketTest
{
    private readonly UnixSeqpacket _near;
    private readonly UnixSeqpacket _far;

    public ReceiveIntoTests() => (_near, _far) = UnixSeqpacket.CreatePair();

    public override async ValueTask DisposeAsync()
    {
        _near.Dispose();
        _far.Dispose();
        await base.DisposeAsync();
        GC.SuppressFinalize(this);
    }

    [Fact(Timeout = Limit)]
    public async Task A_waiting_receive_has_returned_its_buffer()
    {
        var room = new Room(100);
        var receive = _near.ReceiveAsync(room, null, Token);
        Assert.False(receive.IsCompleted);
        Assert.Equal(0, room.Taken);

        await _far.SendAsync(Pattern(40), Token);

        using var record = await receive;
        Assert.Equal((40, 40, false), (record.Count, record.Length, record.IsEnd));
        Assert.Equal(Pattern(40), room.Filled);
    }

    [Fact(Timeout = Limit)]
    public async Task Empty_cut_and_last_records_are_reported_as_with_a_buffer()
    {
        await _far.SendAsync(ReadOnlyMemory<byte>.Empty, Token);
        await _far.SendAsync(Pattern(30), Token);
        _far.Dispose();

        using var empty = await _near.ReceiveAsync(new Room(20), null, Token);
        Assert.Equal((0, false), (empty.Length, empty.IsEnd));
        var room = new Room(20);
        using var cut = await _near.ReceiveAsync(room, null, Token);
        Assert.Equal((20, 30, true), (cut.Count, cut.Length, cut.IsTruncated));
        Assert.Equal(Pattern(30)[..20], room.Filled);
        using var end = await _near.ReceiveAsync(new Room(20), null, Token);
        Assert.True(end.IsEnd);
    }

    [Fact(Timeout = Limit)]
    public async Task A_writer_without_room_ends_the_receive_and_loses_no_record()
    {
        await _far.SendAsync(Pattern(3), Token);
        await Assert.ThrowsAsync<InvalidOperationException>(async () => await _near.ReceiveAsync(new Room(0), null, Token));

        var buffer = new byte[10];
        using var record = await _near.ReceiveAsync(buffer, null, Token);
        Assert.Equal(Pattern(3), buffer[..record.Count]);
    }

    /// <summary>Counts what has been requested and not been returned.</summary>
    private sealed class Room(int size) : IBufferWriter<byte>
    {
        private readonly byte[] _bytes = new byte[size];

        public int Taken { get; private set; }

        public byte[] Filled { get; private set; } = [];

        public Span<byte> GetSpan(int sizeHint = 0)
        {
            Taken++;
            return _bytes;
        }

        public Memory<byte> GetMemory(int sizeHint = 0) => throw new NotSupportedException();

        public void Advance(int count)
        {
            Taken--;
            Filled = _bytes[..count];
        }
    }
}
