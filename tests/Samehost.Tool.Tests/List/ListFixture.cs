using System.Net.Sockets;
using System.Text.Json;
using Samehost.Tool.Tests.Support;

namespace Samehost.Tool.Tests.List;

/// <summary>Sockets in the test's directory, and their rows in the output of the tool.</summary>
public abstract class ListFixture : ToolFixture
{
    protected const int Limit = 60_000;

    protected Socket Listen(string name, SocketType type = SocketType.Stream)
    {
        var socket = new Socket(AddressFamily.Unix, type, ProtocolType.Unspecified);
        socket.Bind(new UnixDomainSocketEndPoint(At(name)));
        if (type != SocketType.Dgram)
            socket.Listen(7);
        return socket;
    }

    protected Socket Connect(string name, SocketType type = SocketType.Stream)
    {
        var socket = new Socket(AddressFamily.Unix, type, ProtocolType.Unspecified);
        socket.Connect(new UnixDomainSocketEndPoint(At(name)));
        return socket;
    }

    /// <summary>Creates a stale file: binds a socket, and closes it without removing the file.</summary>
    protected async Task LeaveBehindAsync(string name)
    {
        using (Listen(name))
            File.Move(At(name), At(name + "-"));
        File.Move(At(name + "-"), At(name)); // closing did not find the old path
        while (Answers(name))
            await Task.Delay(1, TestContext.Current.CancellationToken); // a process started by another test holds it until its exec
    }

    private bool Answers(string name)
    {
        try
        {
            Connect(name).Dispose();
            return true;
        }
        catch (SocketException e) when (e.SocketErrorCode == SocketError.ConnectionRefused)
        {
            return false;
        }
    }

    /// <summary>The rows of this test's directory: the cells of each line of the table.</summary>
    protected async Task<string[][]> RowsAsync(params string[] arguments)
    {
        var result = await RunAsync(["list", Temporary, .. arguments]);
        Assert.Equal(0, result.Status);
        return [.. result.Lines.Skip(1).Select(Cells)];
    }

    protected static string[] Cells(string line) =>
        line.Split("  ", StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);

    protected async Task<JsonElement[]> JsonRowsAsync(params string[] arguments)
    {
        var result = await RunAsync(["list", "--json", .. arguments]);
        Assert.Equal((0, ""), (result.Status, result.Errors));
        return [.. JsonDocument.Parse(result.Output).RootElement.EnumerateArray()];
    }

    /// <summary>This process as the table shows it.</summary>
    protected static string Us { get; } =
        $"{File.ReadAllText("/proc/self/comm").TrimEnd('\n')}({Environment.ProcessId}) {Environment.UserName}";
}
