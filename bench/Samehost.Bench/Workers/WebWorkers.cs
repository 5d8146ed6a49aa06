using System.Globalization;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.Logging;
using Samehost.AspNetCore;

namespace Samehost.Bench.Workers;

/// <summary>A small web application on three transports with their default settings.</summary>
internal static class WebWorkers
{
    private static readonly byte[] Hello = "Hello, world!"u8.ToArray();

    public static Task ServeSamehost(string[] arguments) => Serve(host => host.ListenUnix(arguments[0]));

    public static Task ServeKestrel(string[] arguments) => Serve(host => host.ConfigureKestrel(k => k.ListenUnixSocket(arguments[0])));

    public static Task ServeTcp(string[] arguments)
    {
        var port = int.Parse(arguments[1], CultureInfo.InvariantCulture);
        return Serve(host => host.ConfigureKestrel(k => k.ListenLocalhost(port)));
    }

    private static async Task Serve(Action<IWebHostBuilder> listen)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        listen(builder.WebHost);
        await using var app = builder.Build();
        app.Run(http =>
        {
            http.Response.ContentLength = Hello.Length;
            http.Response.ContentType = "text/plain";
            return http.Response.Body.WriteAsync(Hello, 0, Hello.Length);
        });
        await app.StartAsync();
        Worker.ReportReady();
        await Task.Delay(Timeout.Infinite);
    }
}
