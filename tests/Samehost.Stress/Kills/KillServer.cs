using Samehost.Framing;
using Samehost.Stress.Running;

namespace Samehost.Stress.Kills;

/// <summary>
/// <c>kill-server PATH LOG</c>: appends each line that a client sends to the log, with write(2), and sends it back only then.
/// Says <c>ready</c>.
/// </summary>
internal static class KillServer
{
    public static async Task RunAsync(string[] arguments)
    {
        await using var log = new FileStream(arguments[1], FileMode.Append, FileAccess.Write, FileShare.Read, bufferSize: 0);
        var writing = new Lock();
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
                lock (writing)
                    log.Write(batch.GetBuffer().AsSpan(0, (int)batch.Length));
                await stream.WriteAsync(batch.GetBuffer().AsMemory(0, (int)batch.Length), stopping);
            }
        });
        WorkerInput.Say("ready");
        foreach (var _ in WorkerInput.Lines())
        {
        }
    }
}
