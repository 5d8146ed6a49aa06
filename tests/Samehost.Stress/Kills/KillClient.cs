using System.Text;
using Samehost.Framing;

namespace Samehost.Stress.Kills;

/// <summary>Sends numbered messages, several at a time, until its server has gone.</summary>
internal sealed class KillClient(UnixEndPoint address, int number, int seed)
{
    private const int MostInFlight = 64;

    public int Number { get; } = number;

    public int Sent { get; private set; }

    public int Acknowledged { get; private set; }

    /// <summary>What it was answered and should not have been, if anything.</summary>
    public string? Problem { get; private set; }

    public async Task TalkAsync(CancellationToken cancellationToken)
    {
        var random = new Random(seed);
        var options = new UnixConnectOptions { ServerTimeout = TimeSpan.FromSeconds(30) };
        try
        {
            await using var stream = await UnixStream.ConnectAsync(address, options, cancellationToken);
            using var reader = new LineReader(stream);
            while (true)
            {
                var text = new StringBuilder();
                for (var more = random.Next(1, MostInFlight); more > 0; more--)
                    text.Append(Number).Append(' ').Append(Sent++).Append('\n');
                await stream.WriteAsync(Encoding.ASCII.GetBytes(text.ToString()), cancellationToken);
                while (Acknowledged < Sent)
                {
                    if (await reader.ReadStringAsync(cancellationToken) is not { } answer)
                        return;
                    if (answer != $"{Number} {Acknowledged}")
                    {
                        Problem ??= HalfLine(answer) ? null : $"'{answer}' came instead of the answer to message {Acknowledged}.";
                        return;
                    }
                    Acknowledged++;
                }
            }
        }
        catch (Exception e) when (e is UnixSocketException or IOException)
        {
            // The server was killed.
        }
    }

    // The kill may cut an answer in two, and what comes before the end of the stream is a line.
    private bool HalfLine(string answer) => $"{Number} {Acknowledged}".StartsWith(answer, StringComparison.Ordinal);
}
