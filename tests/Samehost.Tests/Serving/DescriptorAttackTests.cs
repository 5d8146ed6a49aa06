using System.Buffers.Binary;
using System.Runtime.InteropServices;
using Samehost.Tests.Support;
using Xunit;

namespace Samehost.Tests.Serving;

/// <summary>A client that has a server hold as many of the client's descriptors as it can, in a process with room for few.</summary>
[Collection(NonParallel.Name)]
public sealed class DescriptorAttackTests : IDisposable
{
    private const int Payload = 1 << 16;

    private readonly TestDirectory _directory = new();

    private UnixEndPoint Path => UnixEndPoint.FromPath(_directory["s"]);

    public void Dispose() => _directory.Dispose();

    [Theory(Timeout = 180_000)]
    [InlineData(100)]
    [InlineData(256)]
    public async Task Descriptors_from_one_client_leave_some_for_the_runtime_and_for_other_clients(int limit)
    {
        await using var server = PeerProcess.StartWithDescriptors(limit, "serve-frames", _directory["s"]);
        await server.ExpectAsync("ready");
        using var early = UnixStream.Connect(Path);
        await ExpectAnswerAsync(early);
        using var file = File.OpenHandle("/dev/null");
        var attackers = new List<UnixStream>();
        foreach (var count in new[] { 16, 8, 4, 2, 1 })
        {
            int before;
            do
            {
                before = Open(server);
                attackers.Add(Fill(file, count));
            }
            while (Open(server) > before + 1); // more than the connection, so some of what was sent is held
        }

        Assert.NotEqual("refused 0", await server.AskAsync("how many?"));
        await ExpectAnswerAsync(early);
        for (var i = 0; i < 3; i++)
        {
            using var late = UnixStream.Connect(Path);
            await ExpectAnswerAsync(late);
        }

        attackers.ForEach(static a => a.Dispose());
        await Eventually.IsTrueAsync(() => Open(server) < limit / 2 + 30, "what the attackers sent is closed");
        using var last = UnixStream.Connect(Path);
        await ExpectAnswerAsync(last);
        server.Send("");
        Assert.Equal(0, await server.FinishAsync());
    }

    /// <summary>Sends frames with descriptors and reads no answer, until the server, which waits to answer, takes no more.</summary>
    private UnixStream Fill(SafeHandle descriptor, int count)
    {
        var stream = UnixStream.Connect(Path);
        stream.WriteTimeout = 200;
        var frame = new byte[sizeof(uint) + Payload];
        BinaryPrimitives.WriteUInt32LittleEndian(frame, Payload);
        SafeHandle[] descriptors = [.. Enumerable.Repeat(descriptor, count)];
        try
        {
            while (true)
                stream.Send(frame, descriptors);
        }
        catch (UnixSocketException e) when (e.Errno == Errno.ETIMEDOUT)
        {
            return stream; // it took no more
        }
    }

    private static async Task ExpectAnswerAsync(UnixStream stream)
    {
        byte[] frame = [3, 0, 0, 0, .. "yes"u8];
        var answer = new byte[frame.Length];
        await stream.WriteAsync(frame, TestContext.Current.CancellationToken);
        await stream.ReadExactlyAsync(answer, TestContext.Current.CancellationToken).AsTask().WaitAsync(TimeSpan.FromSeconds(20));
        Assert.Equal(frame, answer);
    }

    private static int Open(PeerProcess process) => Directory.GetFileSystemEntries($"/proc/{process.Id}/fd").Length;
}
