using System.Globalization;
using System.Text;
using Samehost.Tests.Support;

namespace Samehost.Tests.Serving;

/// <summary>
/// Handlers that count the bytes of their connection and send the sum after each read. They can be suspended between two requests, as in a
/// server that hands over its connections.
/// </summary>
internal sealed class ParkedConnections
{
    private Parking _parking = new();
    private int _serving;

    public Task ServeAsync(UnixStream stream, CancellationToken stopping) => ServeAsync(stream, 0, stopping);

    public Task ResumeAsync(UnixHandoverConnection connection) =>
        ServeAsync(connection.Stream, int.Parse(connection.State.Span, CultureInfo.InvariantCulture), CancellationToken.None);

    public async Task<IReadOnlyList<UnixHandoverConnection>> OfferAsync(CancellationToken token)
    {
        var parking = _parking;
        await parking.Wanted.CancelAsync();
        await Eventually.IsTrueAsync(() =>
        {
            lock (parking.Connections)
                return parking.Connections.Count == Volatile.Read(ref _serving);
        });
        return [.. parking.Connections];
    }

    public void Restore(IReadOnlyList<UnixHandoverConnection> connections) =>
        Interlocked.Exchange(ref _parking, new Parking()).Over.SetResult();

    private async Task ServeAsync(UnixStream stream, int sum, CancellationToken stopping)
    {
        Interlocked.Increment(ref _serving);
        try
        {
            var buffer = new byte[64];
            while (true)
            {
                var parking = Volatile.Read(ref _parking);
                int count;
                try
                {
                    using var either = CancellationTokenSource.CreateLinkedTokenSource(parking.Wanted.Token, stopping);
                    count = await stream.ReadAsync(buffer, either.Token);
                }
                catch (OperationCanceledException) when (parking.Wanted.IsCancellationRequested)
                {
                    var state = Encoding.ASCII.GetBytes(sum.ToString(CultureInfo.InvariantCulture));
                    lock (parking.Connections)
                        parking.Connections.Add(new UnixHandoverConnection(stream, state));
                    await parking.Over.Task.WaitAsync(stopping); // canceled when the server stops: then it stays with the successor
                    continue;
                }
                if (count == 0)
                    return;
                sum += count;
                await stream.WriteAsync(Encoding.ASCII.GetBytes($"{sum}\n"), CancellationToken.None);
            }
        }
        finally
        {
            Interlocked.Decrement(ref _serving);
        }
    }

    private sealed class Parking
    {
        public CancellationTokenSource Wanted { get; } = new();

        public List<UnixHandoverConnection> Connections { get; } = [];

        public TaskCompletionSource Over { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}
