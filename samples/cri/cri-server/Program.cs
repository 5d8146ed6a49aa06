// A gRPC service on a local socket with the first method that kubelet calls on a container runtime.
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Samehost;
using Samehost.AspNetCore;
using Samehost.Samples.Cri;

if (args is not [var target])
{
    Console.Error.WriteLine("usage: cri-server <address>, for example unix:///run/user/1000/cri.sock");
    return 2;
}

var builder = WebApplication.CreateSlimBuilder();
builder.Logging.SetMinimumLevel(LogLevel.Warning);
builder.WebHost.ListenUnix(target, listen => listen.ListenOptions.Protocols = HttpProtocols.Http2);
await using var app = builder.Build();

app.MapUnary("runtime.v1.RuntimeService/Version", VersionRequest.Parser, (http, request) => new VersionResponse
{
    Version = request.Version,
    RuntimeName = "samehost",
    RuntimeVersion = $"0.1.0 for {http.Features.GetRequiredFeature<IUnixPeerFeature>().Credentials.UserName}",
    RuntimeApiVersion = "v1",
});
app.MapUnknownMethods();

using var shutdown = new ShutdownSignal(); // the host does not handle SIGHUP, which a closed terminal sends
using var stopping = shutdown.Token.Register(app.Lifetime.StopApplication);
await app.StartAsync();
Console.WriteLine($"serving {target}");
await app.WaitForShutdownAsync();
return 0;
