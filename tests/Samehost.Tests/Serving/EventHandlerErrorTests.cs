using Samehost.Tests.Support;
using Xunit;

namespace Samehost.Tests.Serving;

/// <summary>They do not run in parallel with others, because standard error belongs to the whole process.</summary>
[Collection(NonParallel.Name)]
public sealed class EventHandlerErrorTests : IDisposable
{
    private readonly TestDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact(Timeout = 180_000)]
    public async Task An_exception_of_an_event_handler_is_a_line_on_standard_error_by_default()
    {
        using var written = new StringWriter();
        var standard = Console.Error;
        Console.SetError(TextWriter.Synchronized(written));
        try
        {
            var path = UnixEndPoint.FromPath(_directory["server.sock"]);
            await using var server = UnixServer.Start(
                path, EchoClient.ServeAsync, new UnixServerOptions { Events = new ThrowingEvents() });
            using (var client = EchoClient.Connect(path))
                await client.ExpectAnswerAsync();
            await Eventually.IsTrueAsync(() => written.ToString().Contains('\n', StringComparison.Ordinal));
        }
        finally
        {
            Console.SetError(standard);
        }

        Assert.Equal(
            "samehost: UnixServerEvents.ConnectionEnded threw System.InvalidOperationException: two\\x0alines\n", written.ToString());
    }

    private sealed class ThrowingEvents : UnixServerEvents
    {
        public override void ConnectionEnded(UnixServerConnection connection) => throw new InvalidOperationException("two\nlines");
    }
}
