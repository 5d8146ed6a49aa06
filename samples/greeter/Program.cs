// A web service on a local socket that greets its caller by user name:
//   greeter unix:/run/greeter.sock [GROUP]
//   curl --unix-socket /run/greeter.sock http://localhost/
// The own user, root and members of the group may call. Only root may request /who. A socket that a service manager passes with the name
// greeter is served in place of that address.
using Samehost;
using Samehost.AspNetCore;

if (args is not [var address, ..] || args.Length > 2 || !UnixEndPoint.TryParse(address, out _))
{
    Console.Error.WriteLine("usage: greeter <address> [<group>]");
    return 2;
}

var builder = WebApplication.CreateSlimBuilder();
builder.WebHost.ListenUnix(address, listen =>
{
    listen.SystemdSocketName = "greeter";
    if (args is [_, var group])
        listen.AllowGroup(group);
});
builder.Services.AddAuthentication().AddUnixPeer();
builder.Services.AddAuthorization();

var app = builder.Build();
app.MapGet("/", (HttpContext http) => $"Hi, {http.User.Identity?.Name ?? "unknown user"}\n").RequireAuthorization();
app.MapGet("/who", (HttpContext http) => $"{http.Features.Get<IUnixPeerFeature>()?.Credentials}\n").RequirePeer("root");
using var shutdown = new ShutdownSignal(); // the host does not handle SIGHUP, which a closed terminal sends
using var stopping = shutdown.Token.Register(app.Lifetime.StopApplication);
app.Run();
return 0;
