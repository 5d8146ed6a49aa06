using Samehost;
using Samehost.Hosting;

var builder = Host.CreateApplicationBuilder(args);
builder.Services.AddSystemd().AddSystemdWatchdog();
builder.Services.AddUnixServer<Greeter>("Greeter");
await builder.Build().RunAsync();

internal sealed class Greeter(ILogger<Greeter> logger) : IUnixStreamHandler
{
    public async Task HandleAsync(UnixStream stream, CancellationToken cancellationToken)
    {
        logger.LogInformation("user {UserId} connected", stream.GetPeerCredentials().UserId);
        await stream.WriteAsync("hello\n"u8.ToArray(), cancellationToken);
    }
}
