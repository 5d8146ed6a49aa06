using Samehost.AspNetCore;
var builder = WebApplication.CreateBuilder(args);
builder.WebHost.ListenUnix(args[0]);
var app = builder.Build();
app.MapGet("/", (HttpContext http) => $"Hi, {http.Features.Get<IUnixPeerFeature>()?.Credentials.UserName}\n");
app.Run();
