// Lists the containers of Docker or Podman by its local socket, with an HttpClient whose handler connects to the socket.
using System.Net.Http.Json;
using Samehost;
using Samehost.Http;

var target = args.FirstOrDefault() ?? Environment.GetEnvironmentVariable("DOCKER_HOST") ?? "unix:///var/run/docker.sock";
try
{
    using var docker = new HttpClient(UnixHttp.CreateHandler(target)) { BaseAddress = new Uri("http://localhost") };
    foreach (var container in await docker.GetFromJsonAsync<Container[]>("/v1.40/containers/json?all=true") ?? [])
        Console.WriteLine($"{container.Id[..12]}  {container.State,-10}  {string.Join(",", container.Names),-24}  {container.Image}");
    return 0;
}
catch (Exception error) when (error is HttpRequestException or FormatException)
{
    var cause = error.InnerException ?? error;
    Console.Error.WriteLine(cause.Message);
    if (cause is UnixSocketException { Hint: { } hint })
        Console.Error.WriteLine(hint);
    return 1;
}

internal sealed record Container(string Id, string[] Names, string Image, string State);
