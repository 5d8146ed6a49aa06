using System.Globalization;

namespace Samehost.TestPeer;

/// <summary>
/// <c>receive-short PATH --room N</c>: connects, and receives descriptors when it has room for only N more, for each line of input; says
/// what was lost, how many came, how many bytes, and how many descriptors it has more than before.
/// </summary>
internal static class ReceiveShort
{
    public static void Run(PeerArguments arguments)
    {
        int room = int.Parse(arguments.Option("--room")!, CultureInfo.InvariantCulture);
        using var stream = UnixStream.Connect(arguments.Path, new UnixConnectOptions { AcceptDescriptors = true });
        var filler = new Stack<IDisposable>();
        byte[] buffer = new byte[64];
        Console.WriteLine("ready");
        while (Console.ReadLine() is not null)
        {
            int before = Open();
            Fill(filler);
            for (int i = 0; i < room; i++)
                filler.Pop().Dispose();
            using (var message = stream.Receive(buffer))
            {
                while (filler.TryPop(out var one))
                    one.Dispose();
                Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
                    $"{message.DescriptorLoss} {message.Descriptors.Count} {message.Count} {Open() - before - message.Descriptors.Count}"));
            }

            stream.WriteByte(1);
        }
    }

    private static int Open() => Directory.GetFileSystemEntries("/proc/self/fd").Length;

    private static void Fill(Stack<IDisposable> filler)
    {
        try
        {
            while (true)
                filler.Push(UnixDatagram.Create());
        }
        catch (UnixSocketException e) when (e.Errno == Errno.EMFILE)
        {
            // full
        }
    }
}
