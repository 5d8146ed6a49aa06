// Prints the version of a container runtime such as containerd, by gRPC over a local socket, as kubelet requests it.
using Samehost;
using Samehost.Http;
using Samehost.Samples.Cri;

var target = args.FirstOrDefault() ?? "unix:///run/containerd/containerd.sock";
try
{
    using var http = new HttpClient(UnixHttp.CreateHandler(target)) { BaseAddress = new Uri("http://localhost") };
    var version = await GrpcClient.CallAsync(
        http, "runtime.v1.RuntimeService/Version", new VersionRequest { Version = "v1" }, VersionResponse.Parser);
    Console.WriteLine($"{version.RuntimeName} {version.RuntimeVersion}, API {version.RuntimeApiVersion}");
    return 0;
}
catch (Exception error) when (error is HttpRequestException or GrpcException or FormatException or InvalidDataException)
{
    var cause = error.InnerException ?? error;
    Console.Error.WriteLine(cause.Message);
    if (cause is UnixSocketException { Hint: { } hint })
        Console.Error.WriteLine(hint);
    return 1;
}
