using System.Net.Sockets;
using Samehost;
using Samehost.AspNetCore;

// Another process for the tests:
//   serve PATH…           a server that greets; "ready", then it goes on until its input ends
//   ask PATH NAME HEADER… one request, from a client socket bound to an abstract NAME ("-": unbound); prints status and body
return args switch
{
    ["serve", .. var paths] => await ServeAsync(paths),
    ["ask", var path, var name, .. var headers] => await AskAsync(path, name, headers),
    _ => 2,
};

static async Task<int> ServeAsync(string[] paths)
{
    var builder = WebApplication.CreateSlimBuilder();
    builder.Logging.ClearProviders();
    foreach (var path in paths)
        builder.WebHost.ListenUnix(path, listen => listen.MaxConnectionsPerUser = listen.MaxConnections);
    await using var app = builder.Build();
    app.MapGet("/", () => "hello");
    await app.StartAsync();
    Console.WriteLine("ready");
    await Console.In.ReadToEndAsync();
    await app.StopAsync();
    return 0;
}

static async Task<int> AskAsync(string path, string name, string[] headers)
{
    using var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
    if (name != "-")
        socket.Bind(UnixEndPoint.FromAbstractName(name));
    socket.Connect(UnixEndPoint.Parse(path));
    await using var stream = new NetworkStream(socket);
    string answer;
    try
    {
        var lines = string.Concat(headers.Skip(1).Select(h => h + "\r\n"));
        await stream.WriteAsync(System.Text.Encoding.ASCII.GetBytes($"GET {headers[0]} HTTP/1.0\r\n{lines}\r\n"));
        answer = await new StreamReader(stream).ReadToEndAsync();
    }
    catch (IOException)
    {
        answer = "";
    }

    var status = answer.Split("\r\n")[0];
    var body = answer.Contains("\r\n\r\n") ? answer[(answer.IndexOf("\r\n\r\n", StringComparison.Ordinal) + 4)..] : "";
    Console.WriteLine(answer.Length == 0 ? "closed" : $"{status.Split(' ')[1]} {body}");
    return 0;
}
