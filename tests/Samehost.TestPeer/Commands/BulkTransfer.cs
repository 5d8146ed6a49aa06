using System.Runtime.InteropServices;
using System.Security.Cryptography;

namespace Samehost.TestPeer;

/// <summary>
/// One end of a long transfer during signals that it handles. Options: <c>--bytes N</c>, <c>--async true</c>, and <c>--listen true</c> for
/// the end that listens.
/// </summary>
internal sealed class BulkTransfer : IDisposable
{
    private const int BlockSize = 256 * 1024;
    // By number, because SIGUSR1 has no name, and the analyzer rejects others as missing on Windows.
    private const PosixSignal User1 = (PosixSignal)10;
    private const PosixSignal ChildEnded = (PosixSignal)17;

    private readonly PeerArguments _arguments;
    private readonly byte[] _block = new byte[BlockSize];
    private readonly IncrementalHash _hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
    private readonly PosixSignalRegistration[] _registrations;
    private int _signals;

    public BulkTransfer(PeerArguments arguments)
    {
        _arguments = arguments;
        _registrations = [PosixSignalRegistration.Create(User1, Handle), PosixSignalRegistration.Create(ChildEnded, Handle)];
        new Random(1).NextBytes(_block);
    }

    public void Send() => Run(
        stream =>
        {
            for (var remaining = Total; remaining > 0; remaining -= BlockSize)
                stream.Write(NextBlock(remaining).Span);
        },
        async stream =>
        {
            for (var remaining = Total; remaining > 0; remaining -= BlockSize)
                await stream.WriteAsync(NextBlock(remaining));
        });

    public void Receive() => Run(
        stream =>
        {
            while (stream.Read(_block) is > 0 and var count)
                _hash.AppendData(_block, 0, count);
        },
        async stream =>
        {
            while (await stream.ReadAsync(_block) is > 0 and var count)
                _hash.AppendData(_block, 0, count);
        });

    /// <summary>Keeps the registrations: otherwise a pending signal would end the process.</summary>
    public void Dispose()
    {
        _hash.Dispose();
        GC.KeepAlive(_registrations);
    }

    private long Total => _arguments.Number("--bytes", 1 << 30);

    private void Run(Action<UnixStream> blocking, Func<UnixStream, Task> asynchronous)
    {
        using var listener = _arguments.Option("--listen") is null ? null : UnixListener.Listen(_arguments.Path);
        Console.WriteLine("ready");
        using (var stream = listener?.Accept() ?? UnixStream.Connect(_arguments.Path))
        {
            if (_arguments.Option("--async") is null)
                blocking(stream);
            else
                asynchronous(stream).GetAwaiter().GetResult();
        }
        Console.WriteLine(Convert.ToHexString(_hash.GetHashAndReset()));
        Console.WriteLine(Volatile.Read(ref _signals));
        while (Console.ReadLine() is not null)
        {
            // signals may arrive until the end of the input
        }
    }

    /// <summary>Returns the next block, which differs from the one before, so that a repeated or lost block is detected.</summary>
    private ReadOnlyMemory<byte> NextBlock(long remaining)
    {
        BitConverter.TryWriteBytes(_block, remaining);
        var size = (int)Math.Min(remaining, BlockSize);
        _hash.AppendData(_block, 0, size);
        return _block.AsMemory(0, size);
    }

    private void Handle(PosixSignalContext context)
    {
        context.Cancel = true;
        Interlocked.Increment(ref _signals);
    }
}

/// <summary><c>send-bytes PATH</c>: sends, then prints the SHA-256 of the bytes and the number of signals.</summary>
internal static class SendBytes
{
    public static void Run(PeerArguments arguments)
    {
        using var transfer = new BulkTransfer(arguments);
        transfer.Send();
    }
}

/// <summary><c>receive-bytes PATH</c>: receives, then prints the SHA-256 of the bytes and the number of signals.</summary>
internal static class ReceiveBytes
{
    public static void Run(PeerArguments arguments)
    {
        using var transfer = new BulkTransfer(arguments);
        transfer.Receive();
    }
}
