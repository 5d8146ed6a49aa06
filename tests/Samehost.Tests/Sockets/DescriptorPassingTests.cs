using System.IO.Pipes;
using System.Runtime.InteropServices;
using Samehost.Interop;
using Samehost.Tests.Ancillary;
using Xunit;

namespace Samehost.Tests.Sockets;

public sealed class DescriptorPassingTests : SocketTest
{
    public static TheoryData<string, bool> Types => new MatrixTheoryData<string, bool>(["stream", "datagram", "seqpacket"], [true, false]);

    [Theory(Timeout = Limit)]
    [MemberData(nameof(Types))]
    public async Task Files_sockets_pipes_memory_and_directories_are_received_with_their_kind(string type, bool asynchronous)
    {
        using var channel = new DescriptorChannel(type);
        File.WriteAllText(Temp["file"], "content");
        using var file = File.OpenHandle(Temp["file"]);
        using var memory = new TrackedDescriptor();
        using var pipe = new AnonymousPipeServerStream(PipeDirection.Out);
        _ = LibcFile.Open(System.Text.Encoding.UTF8.GetBytes(Temp.FullPath), LibcFile.O_RDONLY | LibcFile.O_DIRECTORY, 0,
            out var directory);
        using var open = directory!;
        using var device = File.OpenHandle("/dev/null");
        _ = LibcEventFd.Create(out var events);
        using var counter = events!;
        _ = LibcPidFd.Open(Environment.ProcessId, out var pidFd);
        using var process = pidFd!;
        var (stream, other) = UnixStream.CreatePair();
        using var ours = stream;
        SafeHandle[] sent = [file, other.SafeHandle, pipe.ClientSafePipeHandle, memory.Descriptor, open, device, counter, process];

        await SendAsync(channel, asynchronous, [1, 2, 3], sent);
        var buffer = new byte[10];
        using var message = asynchronous ? await channel.ReceiveAsync(buffer) : channel.Receive(buffer);
        pipe.DisposeLocalCopyOfClientHandle();
        other.Dispose();
        Assert.Equal((3, DescriptorLoss.None), (message.Count, message.DescriptorLoss));
        var kinds = Enumerable.Range(0, message.Descriptors.Count).Select(message.Descriptors.GetKind);
        Assert.Equal(
            [DescriptorKinds.File, DescriptorKinds.Socket, DescriptorKinds.Pipe, DescriptorKinds.Memory, DescriptorKinds.Directory,
                DescriptorKinds.Device, DescriptorKinds.Other, DescriptorKinds.Other],
            kinds);
        Assert.Equal(2, memory.Count);
        Assert.True(memory.AllCloseOnExec);

        using (var reader = new StreamReader(new FileStream(message.Descriptors.Take(0), FileAccess.Read)))
            Assert.Equal("content", await reader.ReadToEndAsync(Token));
        using (var socket = UnixStream.FromSocket(message.Descriptors.TakeSocket(1)))
            Passes(ours, socket);
        using (var end = new FileStream(message.Descriptors.Take(2), FileAccess.Read, 1))
        {
            pipe.WriteByte(42);
            Assert.Equal(42, end.ReadByte());
        }

        message.Dispose();
        Assert.Equal(1, memory.Count);
    }

    [Theory(Timeout = Limit)]
    [MemberData(nameof(Types))]
    public async Task As_many_as_the_kernel_takes_arrive_together_and_one_more_is_refused(string type, bool asynchronous)
    {
        using var channel = new DescriptorChannel(type);
        using var tracked = new TrackedDescriptor();
        SafeHandle[] all = [.. Enumerable.Repeat<SafeHandle>(tracked.Descriptor, 253)];
        await SendAsync(channel, asynchronous, [1], all);
        var options = new DescriptorOptions { MaxCount = 253, Kinds = DescriptorKinds.Memory };
        using (var message = asynchronous ? await channel.ReceiveAsync(new byte[1], options) : channel.Receive(new byte[1], options))
        {
            Assert.Equal((253, 254), (message.Descriptors.Count, tracked.Count));
            Assert.True(tracked.AllCloseOnExec);
        }

        Assert.Equal(1, tracked.Count);
        var refused = await Assert.ThrowsAsync<ArgumentException>(() =>
            SendAsync(channel, asynchronous, [1], [.. all, tracked.Descriptor]));
        Assert.StartsWith("A message can carry at most 253 descriptors; these are 254.", refused.Message, StringComparison.Ordinal);
    }

    [Theory(Timeout = Limit)]
    [MemberData(nameof(Types))]
    public async Task A_closed_handle_is_refused_and_nothing_is_sent(string type, bool asynchronous)
    {
        using var channel = new DescriptorChannel(type);
        using var tracked = new TrackedDescriptor();
        var closed = File.OpenHandle("/dev/null");
        closed.Dispose();
        await Assert.ThrowsAsync<ObjectDisposedException>(() => SendAsync(channel, asynchronous, [1], [tracked.Descriptor, closed]));
        await Assert.ThrowsAsync<ArgumentNullException>(() => SendAsync(channel, asynchronous, [1], [tracked.Descriptor, null!]));
        await SendAsync(channel, asynchronous, [2], []);
        var buffer = new byte[2];
        using var message = channel.Receive(buffer);
        Assert.Equal((1, 0, (byte)2), (message.Count, message.Descriptors.Count, buffer[0]));
        tracked.Descriptor.Dispose(); // no reference was kept
        Assert.Equal(0, tracked.Count);
    }

    [Theory(Timeout = Limit)]
    [InlineData("datagram")]
    [InlineData("seqpacket")]
    public async Task Descriptors_may_go_with_an_empty_record(string type)
    {
        using var channel = new DescriptorChannel(type);
        using var tracked = new TrackedDescriptor();
        await channel.SendAsync([], tracked.Descriptor);
        using var message = await channel.ReceiveAsync(new byte[1]);
        Assert.Equal((0, 1, false), (message.Count, message.Descriptors.Count, message.IsEnd));
    }

    [Fact(Timeout = Limit)]
    public async Task On_a_stream_descriptors_need_a_byte_to_go_with_and_room_to_come_to()
    {
        using var channel = new DescriptorChannel("stream");
        using var tracked = new TrackedDescriptor();
        Assert.Throws<ArgumentException>(() => channel.Send([], tracked.Descriptor));
        await Assert.ThrowsAsync<ArgumentException>(async () => await channel.SendAsync([], tracked.Descriptor));
        Assert.Throws<ArgumentException>(() => channel.Receive([]));
        using var closed = new DescriptorChannel("stream", accept: false);
        Assert.Throws<InvalidOperationException>(() => closed.Receive(new byte[1]));
    }

    /// <summary>The kernel ends a read at a descriptor, also at one that came before descriptors were refused again.</summary>
    [Fact(Timeout = Limit)]
    public async Task Refusing_descriptors_again_hides_no_bytes_behind_one()
    {
        var (near, far) = UnixStream.CreatePair();
        using var one = near;
        using var other = far;
        var buffer = new byte[100];
        near.AcceptDescriptors = true;
        var first = near.ReadAsync(buffer, Token); // the loop watches it from now on
        far.WriteByte(1);
        Assert.Equal(1, await first);

        far.Send(new byte[10], [far.SafeHandle]);
        far.Write(new byte[20]);
        near.AcceptDescriptors = false;
        var read = 0;
        while (read < 30)
            read += await near.ReadAsync(buffer, Token);
        Assert.Equal(30, read);
    }

    private static async Task SendAsync(DescriptorChannel channel, bool asynchronous, byte[] bytes, SafeHandle[] handles)
    {
        if (asynchronous)
            await channel.SendAsync(bytes, handles);
        else
            channel.Send(bytes, handles);
    }
}
