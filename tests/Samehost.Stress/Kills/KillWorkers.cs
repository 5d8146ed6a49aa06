using System.Text;
using Samehost.Framing;
using Samehost.Stress.Running;

namespace Samehost.Stress.Kills;

/// <summary>Sends numbered messages, several at a time, until its server is killed.</summary>
internal sealed class KillClient(UnixEndPoint address, int number, int seed)
{
    private const int MaxInFlight = 64;

    public int Number { get; } = number;

    public int Sent { get; private set; }

    public int Acknowledged { get; private set; }

    /// <summary>The wrong response that it received; null without one.</summary>
    public string? Problem { get; private set; }

    public async Task RunAsync(CancellationToken cancellationToken)
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
                for (var more = random.Next(1, MaxInFlight); more > 0; more--)
                    text.Append(Number).Append(' ').Append(Sent++).Append('\n');
                await stream.WriteAsync(Encoding.ASCII.GetBytes(text.ToString()), cancellationToken);
                while (Acknowledged < Sent)
                {
                    if (await reader.ReadStringAsync(cancellationToken) is not { } answer)
                        return;
                    if (answer != $"{Number} {Acknowledged}")
                    {
                        Problem ??= IsCutOff(answer) ? null : $"'{answer}' came instead of the answer to message {Acknowledged}.";
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

    // The kill may cut a response off, and the reader returns the rest before the end of the stream as a line.
    private bool IsCutOff(string answer) => $"{Number} {Acknowledged}".StartsWith(answer, StringComparison.Ordinal);
}

/// <summary>
/// <c>kill-server PATH LOG</c>: appends each line of a client to the log with write(2), then sends it back. Prints <c>ready</c> when it
/// listens.
/// </summary>
internal static class KillServer
{
    public static async Task RunAsync(string[] arguments)
    {
        await using var log = new FileStream(arguments[1], FileMode.Append, FileAccess.Write, FileShare.Read, bufferSize: 0);
        var logLock = new Lock();
        await using var server = UnixServer.Start(UnixEndPoint.FromPath(arguments[0]), async (stream, stopping) =>
        {
            using var reader = new LineReader(stream);
            using var batch = new MemoryStream();
            while (await reader.WaitToReadAsync(stopping))
            {
                batch.SetLength(0);
                while (reader.TryRead(out var line))
                {
                    batch.Write(line.Span);
                    batch.WriteByte((byte)'\n');
                }
                // One write, so that the lines of two clients do not mix.
                lock (logLock)
                    log.Write(batch.GetBuffer().AsSpan(0, (int)batch.Length));
                await stream.WriteAsync(batch.GetBuffer().AsMemory(0, (int)batch.Length), stopping);
            }
        });
        WorkerConsole.WriteLine("ready");
        foreach (var _ in WorkerConsole.ReadLines())
        {
        }
    }
}
