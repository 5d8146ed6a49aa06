using System.Buffers.Binary;
using System.Runtime.InteropServices;

namespace Samehost.Stress.Descriptors;

/// <summary>
/// Connections that do not read their responses until the server's writes wait, and then send frames with 16, 8, 4, 2 and 1 descriptors,
/// which the server holds while it waits to respond.
/// </summary>
internal sealed class DescriptorFlood : IDisposable
{
    private const int MaxConnections = 1000;
    private const int Rounds = 3;

    private static readonly int[] Counts = [16, 8, 4, 2, 1];

    // Longer than the socket buffers, so that its echo waits for a reader.
    private static readonly byte[] Long = FrameClient.Frame(new byte[900_000]);

    private readonly UnixEndPoint _address;
    private readonly int _limit;
    private readonly Random _random;
    private readonly SafeHandle _descriptor = File.OpenHandle("/dev/null");
    private readonly List<UnixStream> _streams = [];
    private int _countIndex;
    private int _refused;
    private int _tries;

    public DescriptorFlood(UnixEndPoint address, int limit, Random random)
    {
        _limit = limit;
        _address = address;
        _random = random;
    }

    public bool IsRunning => _countIndex < Counts.Length && _streams.Count < MaxConnections;

    public int Connections => _streams.Count;

    public long Sent { get; private set; }

    /// <summary>Opens more connections; where the server rejects them, continues with fewer descriptors in each.</summary>
    public async Task AdvanceAsync(CancellationToken cancellationToken)
    {
        for (var more = 0; more < 8 && IsRunning; more++)
        {
            _refused = await AttackAsync(Counts[_countIndex], cancellationToken) switch
            {
                true => 0,
                false => _refused + 1,
                null => _refused,
            };
            if (_refused >= Rounds || ++_tries > _limit / (Counts[_countIndex] + 1) + Rounds)
            {
                _countIndex++;
                _refused = 0;
                _tries = 0;
            }
        }
    }

    public void Dispose()
    {
        foreach (var stream in _streams)
            stream.Dispose();
        _descriptor.Dispose();
    }

    /// <returns>Whether the server received everything; null where that is unknown.</returns>
    private async Task<bool?> AttackAsync(int count, CancellationToken cancellationToken)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        try
        {
            var stream = await UnixStream.ConnectAsync(
                _address, new UnixConnectOptions { BacklogTimeout = TimeSpan.FromMilliseconds(50) }, cancellationToken);
            _streams.Add(stream);
            var descriptors = Enumerable.Repeat(_descriptor, count).ToArray();
            limit.CancelAfter(TimeSpan.FromMilliseconds(100));
            if (_random.Next(3) == 0)
            {
                // The start of a frame, whose rest is never sent.
                var beginning = new byte[8];
                BinaryPrimitives.WriteInt32LittleEndian(beginning, 100);
                await stream.SendAsync(beginning, descriptors, limit.Token);
                Sent += count;
                return null;
            }
            if (_random.Next(2) == 0)
                await stream.WriteAsync(FrameClient.Frame(new byte[_random.Next(60_000)]), limit.Token);
            await stream.SendAsync(Long.AsMemory(0, 100_000), descriptors, limit.Token);
            Sent += count;
            await stream.WriteAsync(Long.AsMemory(100_000), limit.Token);
            return true;
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return false; // it waits in the backlog, or for space in the socket buffer
        }
        catch (Exception e) when (e is UnixSocketException or IOException)
        {
            return false; // refused, or closed
        }
    }
}
