using Microsoft.Extensions.DependencyInjection;
using Samehost.Http;

// A console program without ASP.NET Core, for the tests: prints the answers of the server at args[0] to a plain client and to a client of
// IHttpClientFactory.
using var client = new HttpClient(UnixHttp.CreateHandler(args[0])) { BaseAddress = new Uri("http://localhost") };
Console.WriteLine(await client.GetStringAsync("/"));

var services = new ServiceCollection();
services.AddHttpClient("local").UseUnixSocket(args[0]);
await using var provider = services.BuildServiceProvider();
Console.WriteLine(await provider.GetRequiredService<IHttpClientFactory>().CreateClient("local").GetStringAsync("/"));
