using System.Text;
using Samehost.PeerTests.Support;

namespace Samehost.PeerTests.Family;

/// <summary><c>logger -u PATH</c> tries a datagram first, and a stream when the socket there is one.</summary>
public sealed class LoggerTests : IDisposable
{
    private readonly TestFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact(Timeout = 180_000)]
    public async Task A_line_of_logger_is_received_as_one_datagram()
    {
        var options = new UnixDatagramOptions { ReceiveCredentials = true };
        await using var log = UnixDatagram.Bind(UnixEndPoint.FromPath(_folder["log"]), options);
        await using var logger = Start();
        var buffer = new byte[4096];
        using var line = await log.ReceiveAsync(buffer, cancellationToken: TestContext.Current.CancellationToken);
        Assert.EndsWith("peer-test: hello there", Encoding.UTF8.GetString(buffer, 0, line.Count), StringComparison.Ordinal);
        Assert.False(line.IsTruncated);
        Assert.Equal(logger.Id, line.Credentials!.ProcessId);
        await logger.ExpectExitAsync(0);
    }

    [Fact(Timeout = 180_000)]
    public async Task A_line_of_logger_is_received_on_a_stream_where_a_stream_socket_listens()
    {
        await using var log = UnixListener.Listen(UnixEndPoint.FromPath(_folder["log"]));
        await using var logger = Start();
        await using var stream = await log.AcceptAsync(TestContext.Current.CancellationToken);
        using var reader = new StreamReader(stream);
        var text = await reader.ReadToEndAsync(TestContext.Current.CancellationToken);
        Assert.EndsWith("peer-test: hello there", text.TrimEnd('\n', '\0'), StringComparison.Ordinal);
        await logger.ExpectExitAsync(0);
    }

    private RunningProgram Start() => RunningProgram.Start(ForeignProgram.Logger, "-u", _folder["log"], "-t", "peer-test", "hello there");
}
