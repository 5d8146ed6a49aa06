using System.Net.Sockets;
using System.Text.Json;
using Samehost.Tool.Tests.Support;

namespace Samehost.Tool.Tests.List;

/// <summary>Sockets of the test's own in its directory, and the rows that the tool makes of them.</summary>
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

    /// <summary>Makes a stale file: bound without anything that would remove it, and closed.</summary>
    protected async Task LeaveBehindAsync(string name)
    {
        using (Listen(name))
            File.Move(At(name), At(name + "-"));
        File.Move(At(name + "-"), At(name)); // closing has looked for the old path in vain
        while (Answers(name))
            await Task.Delay(1, TestContext.Current.CancellationToken); // a process that another test starts holds it until its exec
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

    /// <summary>The rows of this test's directory, as the table has them: the cells of each line.</summary>
    protected async Task<string[][]> RowsAsync(params string[] arguments)
    {
        ToolResult result = await RunAsync(["list", Temporary, .. arguments]);
        Assert.Equal(0, result.Status);
        return [.. result.Lines.Skip(1).Select(Cells)];
    }

    protected static string[] Cells(string line) =>
        line.Split("  ", StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);

    protected async Task<JsonElement[]> JsonRowsAsync(params string[] arguments)
    {
        ToolResult result = await RunAsync(["list", "--json", .. arguments]);
        Assert.Equal((0, ""), (result.Status, result.Errors));
        return [.. JsonDocument.Parse(result.Output).RootElement.EnumerateArray()];
    }

    /// <summary>This process as the table shows it.</summary>
    protected static string Us { get; } =
        $"{File.ReadAllText("/proc/self/comm").TrimEnd('\n')}({Environment.ProcessId}) {Environment.UserName}";
}
