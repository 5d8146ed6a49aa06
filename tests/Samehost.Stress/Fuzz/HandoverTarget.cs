using System.Runtime.InteropServices;

namespace Samehost.Stress.Fuzz;

/// <summary>
/// The handover protocol, with the records of the other side from the input, one a line. The first byte selects the side; a line that
/// begins with <c>+</c>, <c>*</c> or <c>&amp;</c> carries the descriptor of a file, a listening stream socket or a listening seqpacket
/// socket.
/// </summary>
internal sealed class HandoverTarget : FuzzTarget
{
    private const int DescriptorTolerance = 64;

    private static readonly TimeSpan WaitTimeout = TimeSpan.FromSeconds(15);

    private readonly UnixEndPoint _address;
    private readonly UnixEndPoint _control;
    private readonly UnixSeqpacketListener _predecessor;
    private readonly UnixListener _streams;
    private readonly UnixSeqpacketListener _records;
    private readonly SafeHandle _file = File.OpenHandle("/dev/null");
    private UnixServer _server;
    private UnixHandoverOffer _offer;
    private int _runs;
    private int _baseLine;

    public HandoverTarget(string directory)
    {
        _address = UnixEndPoint.FromPath($"{directory}/a");
        _control = UnixEndPoint.FromPath($"{directory}/c");
        _predecessor = UnixSeqpacketListener.Listen(UnixEndPoint.FromPath($"{directory}/p"));
        _streams = UnixListener.Listen(UnixEndPoint.FromPath($"{directory}/s"));
        _records = UnixSeqpacketListener.Listen(UnixEndPoint.FromPath($"{directory}/r"));
        (_server, _offer) = Start();
    }

    public override string Name => "handover";

    public override IReadOnlyList<string> Words { get; } =
    [
        "request 1\n", "ready\n", "confirmed\n", "commit\n", "released\n", "*listener\0/run/app.sock\n",
        "&listener\0/run/app.sock\n", "*listener\n",
        "+listener\0/x\n", "*connection\0state\n", "+connection\0\n", "\0", "\n", "request 2", "*listener\0relative\n",
    ];

    public override string Run(byte[] input)
    {
        if (input.Length == 0)
            return "short";
        var records = Split(input.AsMemory(1));
        var run = (input[0] & 1) == 0 ? RunPredecessor(records) : RunSuccessor(records);
        var outcome = run.GetAwaiter().GetResult();
        if (++_runs % 500 == 0)
            CheckDescriptors();
        return outcome;
    }

    public override async ValueTask DisposeAsync()
    {
        await _offer.DisposeAsync();
        await _server.DisposeAsync();
        _predecessor.Dispose();
        _streams.Dispose();
        _records.Dispose();
        _file.Dispose();
    }

    /// <summary>Sends the records as a predecessor.</summary>
    private async Task<string> RunPredecessor(List<ReadOnlyMemory<byte>> records)
    {
        var successor = Task.Run(RequestHandoverAsync);
        using (var control = await _predecessor.AcceptAsync())
        {
            await SendAsync(control, records);
            control.ShutdownWrite();
            // The successor sends until it has received the end.
            return await successor.WaitAsync(WaitTimeout);
        }
    }

    private async Task<string> RequestHandoverAsync()
    {
        UnixAcceptedHandover accepted;
        try
        {
            accepted = await UnixHandover.AcceptAsync(_predecessor.LocalEndPoint);
        }
        catch (Exception e) when (e is UnixSocketException or IOException)
        {
            return $"request {GetKind(e)}";
        }
        await using (accepted)
        {
            try
            {
                var connections = await accepted.CompleteAsync();
                foreach (var connection in connections)
                    await connection.Stream.DisposeAsync();
                return $"confirmed {connections.Count}";
            }
            catch (IOException e)
            {
                return $"confirm {GetKind(e)}";
            }
            finally
            {
                Close(accepted);
            }
        }
    }

    private static void Close(UnixAcceptedHandover accepted)
    {
        accepted.Listener?.Dispose();
        accepted.SeqpacketListener?.Dispose();
    }

    /// <summary>Sends the records as a successor.</summary>
    private async Task<string> RunSuccessor(List<ReadOnlyMemory<byte>> records)
    {
        using (var control = await UnixSeqpacket.ConnectAsync(_control, new UnixConnectOptions { AcceptDescriptors = true }))
            await SendAsync(control, records);
        // The server responds unless the handover succeeded; then it ends.
        if (await IsServingAsync())
            return "serves";
        await _offer.Completion.WaitAsync(WaitTimeout);
        await _offer.DisposeAsync();
        await _server.DisposeAsync();
        (_server, _offer) = Start();
        Require(await IsServingAsync(), "a fresh server does not answer at the address that was handed over");
        return "handed over";
    }

    private async Task<bool> IsServingAsync()
    {
        try
        {
            await using var client = await UnixStream.ConnectAsync(_address);
            await client.WriteAsync(new byte[] { 1 });
            return await client.ReadAsync(new byte[1]).AsTask().WaitAsync(WaitTimeout) == 1;
        }
        catch (TimeoutException)
        {
            throw new FuzzException("the server does not answer after a conversation that failed");
        }
        catch (Exception e) when (e is UnixSocketException or IOException)
        {
            return false;
        }
    }

    private async Task SendAsync(UnixSeqpacket control, List<ReadOnlyMemory<byte>> records)
    {
        try
        {
            foreach (var record in records)
            {
                var (descriptor, rest) = record.Span is [var first, ..] ? first switch
                {
                    (byte)'+' => (_file, record[1..]),
                    (byte)'*' => (_streams.SafeHandle, record[1..]),
                    (byte)'&' => (_records.SafeHandle, record[1..]),
                    _ => ((SafeHandle?)null, record),
                }
                : (null, record);
                await control.SendAsync(rest, descriptor is null ? [] : [descriptor]).AsTask().WaitAsync(WaitTimeout);
            }
        }
        catch (UnixSocketException)
        {
            // the other side has closed the connection
        }
    }

    private (UnixServer, UnixHandoverOffer) Start()
    {
        var server = UnixServer.Start(_address, static async (stream, _) =>
        {
            var buffer = new byte[16];
            while (await stream.ReadAsync(buffer, CancellationToken.None) is > 0 and var count)
                await stream.WriteAsync(buffer.AsMemory(0, count), CancellationToken.None);
        });
        return (server, UnixHandover.Offer(_control, server));
    }

    private void CheckDescriptors()
    {
        GC.Collect();
        GC.WaitForPendingFinalizers();
        var open = Directory.GetFileSystemEntries("/proc/self/fd").Length;
        if (_baseLine == 0)
            _baseLine = open;
        Require(open <= _baseLine + DescriptorTolerance, $"{open} descriptors are open; {_baseLine} were");
    }

    private static List<ReadOnlyMemory<byte>> Split(ReadOnlyMemory<byte> input)
    {
        var records = new List<ReadOnlyMemory<byte>>();
        while (input.Length > 0)
        {
            var newline = input.Span.IndexOf((byte)'\n');
            records.Add(newline < 0 ? input : input[..newline]);
            input = newline < 0 ? default : input[(newline + 1)..];
        }
        return records;
    }
}
