using System.Runtime.InteropServices;
using System.Security.Cryptography;

namespace Samehost.TestPeer;

/// <summary>
/// One end of a long transfer, under signals that it handles. Options: <c>--bytes N</c>, <c>--async true</c>, and
/// <c>--listen true</c> on the end that waits for the other.
/// </summary>
internal sealed class BulkTransfer : IDisposable
{
    private const int BlockSize = 256 * 1024;
    // By number: the analyzer takes a named one for a call that Windows lacks, and SIGUSR1 has no name at all.
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
            for (long left = Total; left > 0; left -= BlockSize)
                stream.Write(NextBlock(left).Span);
        },
        async stream =>
        {
            for (long left = Total; left > 0; left -= BlockSize)
                await stream.WriteAsync(NextBlock(left));
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

    /// <summary>The registrations stay: a signal that the runtime has noted but not yet handled would end the process otherwise.</summary>
    public void Dispose()
    {
        _hash.Dispose();
        GC.KeepAlive(_registrations);
    }

    private long Total => _arguments.Number("--bytes", 1 << 30);

    private void Run(Action<UnixStream> blocking, Func<UnixStream, Task> asynchronous)
    {
        using UnixListener? listener = _arguments.Option("--listen") is null ? null : UnixListener.Listen(_arguments.Path);
        Console.WriteLine("ready");
        using (UnixStream stream = listener?.Accept() ?? UnixStream.Connect(_arguments.Path))
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
            // until then signals may come
        }
    }

    /// <summary>Each block differs from the one before, so that a repeated or a lost one shows.</summary>
    private ReadOnlyMemory<byte> NextBlock(long left)
    {
        BitConverter.TryWriteBytes(_block, left);
        int size = (int)Math.Min(left, BlockSize);
        _hash.AppendData(_block, 0, size);
        return _block.AsMemory(0, size);
    }

    private void Handle(PosixSignalContext context)
    {
        context.Cancel = true;
        Interlocked.Increment(ref _signals);
    }
}
