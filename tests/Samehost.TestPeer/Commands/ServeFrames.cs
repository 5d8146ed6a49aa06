using Samehost.Framing;

namespace Samehost.TestPeer;

/// <summary>
/// <c>serve-frames PATH</c>: sends each frame back to its client and holds the descriptors of the frame until then. Replies to each line
/// with the number of frames whose descriptors did not fit. Stops at the end of its input.
/// </summary>
internal static class ServeFrames
{
    private static readonly FrameOptions WithDescriptors = new() { Descriptors = DescriptorOptions.Default };

    private static int _refused;

    public static void Run(PeerArguments arguments)
    {
        var server = UnixServer.Start(arguments.Path, EchoAsync, new UnixServerOptions
        {
            Listener = new UnixListenerOptions { AcceptDescriptors = true },
        });
        Console.WriteLine("ready");
        while (Console.ReadLine() is not null)
            Console.WriteLine($"refused {Volatile.Read(ref _refused)}");
        server.StopAsync(TimeSpan.Zero).GetAwaiter().GetResult();
        Console.WriteLine("stopped");
    }

    private static async Task EchoAsync(UnixStream stream, CancellationToken stopping)
    {
        using var reader = new FrameReader(stream, WithDescriptors);
        await using var writer = new FrameWriter(stream);
        while (await reader.WaitToReadAsync(stopping))
        {
            while (reader.TryRead(out var frame))
            {
                if (frame.DescriptorLoss == DescriptorLoss.OutOfDescriptors)
                    Interlocked.Increment(ref _refused);
                await writer.WriteAsync(frame.Memory, stopping);
            }

            await writer.FlushAsync(stopping);
        }
    }
}
