using System.Text;

namespace Samehost.Stress.Names;

/// <summary>Sockets and files with hostile names in a directory, and the commands that are run on them.</summary>
internal sealed class NameScenario : IAsyncDisposable
{
    private const int MaxPathLength = 107;

    private readonly Random _random;
    private readonly UnixServer _server;
    private readonly UnixServer _abstract;
    private readonly List<IDisposable> _clients = [];
    private readonly byte[] _live;
    private readonly byte[] _stale;
    private readonly byte[] _missing;
    private readonly byte[] _directoryPrefix;

    public NameScenario(Random random, string directory)
    {
        _random = random;
        Directory = directory;
        _directoryPrefix = Encoding.ASCII.GetBytes(directory + "/");
        _live = Path("l");
        _stale = Path("s");
        _missing = Path("m");
        _server = UnixServer.Start(UnixEndPoint.FromPath(_live), EchoAsync);
        // A stale file, as of a killed process: it is moved before its socket is closed.
        using (UnixListener.Listen(UnixEndPoint.FromPath($"{directory}/0")))
            File.Move($"{directory}/0", $"{directory}/1");
        File.Move($"{directory}/1", $"{directory}/stale \u202e\e[2J\n");
        _stale = Encoding.UTF8.GetBytes($"{directory}/stale \u202e\e[2J\n");
        _abstract = UnixServer.Start(
            UnixEndPoint.FromAbstractName(AbstractName()), EchoAsync,
            new UnixServerOptions { Listener = new UnixListenerOptions { PeerPolicy = PeerPolicy.SelfAndRoot } });
        for (var i = 0; i < 3; i++)
            _clients.Add(UnixStream.Connect(random.Next(2) == 0 ? _server.LocalEndPoint : _abstract.LocalEndPoint));
        // The name of this process is part of every row.
        File.WriteAllBytes("/proc/self/comm", HostileNames.Next(random, 15));
        Files = System.IO.Directory.EnumerateFileSystemEntries(directory).Count();
    }

    public string Directory { get; }

    /// <summary>The number of files that it created.</summary>
    public int Files { get; }

    public IEnumerable<ToolCall> Commands()
    {
        var hostile = HostileNames.Next(_random, 60);
        var longest = new byte[MaxPathLength + _random.Next(3)];
        longest.AsSpan().Fill((byte)'a');
        _directoryPrefix.CopyTo(longest.AsSpan());
        foreach (var path in (byte[][])[_live, _stale, _missing, longest, hostile, [(byte)'@', .. hostile]])
        {
            yield return ToolCall.Of("explain", path);
            yield return ToolCall.Of("explain", "--json", path) with { IsJson = true };
            yield return ToolCall.Of("explain", "--bind", path);
            yield return ToolCall.Of("connect", "--idle-timeout", "2s", path) with { OutputIsData = true };
            yield return ToolCall.Of("replay", path, _live);
            yield return ToolCall.Of("list", path);
        }
        yield return ToolCall.Of("list") with { Statuses = [0] };
        yield return ToolCall.Of("list", "--listening") with { Statuses = [0] };
        yield return ToolCall.Of("list", "--stale") with { Statuses = [0] };
        yield return ToolCall.Of("list", "--json") with { Statuses = [0], IsJson = true };
        yield return ToolCall.Of("list", "--graph", "dot") with { Statuses = [0] };
        yield return ToolCall.Of("list", "--graph", "mermaid") with { Statuses = [0] };
        yield return ToolCall.Of("list", "--process", hostile);
        yield return ToolCall.Of(hostile) with { Statuses = [2] };
        yield return ToolCall.Of("list", "--type", hostile) with { Statuses = [2] };
        yield return ToolCall.Of("explain", _live, "--user", hostile);
        yield return ToolCall.Of("serve", _missing, "--allow", hostile, "--time-limit", "1s") with { Statuses = [1, 2] };
        yield return ToolCall.Of("serve", _missing, "--group", hostile) with { Statuses = [1, 2] };
        yield return ToolCall.Of("serve", _missing, "--mode", hostile) with { Statuses = [1, 2] };
        yield return ToolCall.Of("serve", _live) with { Statuses = [1] };
        yield return ToolCall.Of("relay", _live, _live) with { Statuses = [1, 2] };
        yield return ToolCall.Of("relay", _missing, _live, "--wait", hostile) with { Statuses = [2] };
        yield return ToolCall.Of("connect", _live, "--require-server", hostile) with { Statuses = [1, 2], OutputIsData = true };
        yield return ToolCall.Of("bench", hostile, "--rounds", "1", "--time", "10ms") with { Statuses = [1, 2] };
        yield return ToolCall.Of("completions", hostile) with { Statuses = [2] };
    }

    /// <summary>Returns a command that serves a client at a hostile address.</summary>
    public ToolCall GetServingCommand(out UnixEndPoint address)
    {
        address = UnixEndPoint.FromPath(Path("v"));
        var at = address.NameBytes.ToArray();
        return _random.Next(4) switch
        {
            0 => ToolCall.Of("serve", at, "-v") with { OutputIsData = true },
            1 => ToolCall.Of("serve", at, "-v", "--exec", "cat") with { OutputIsData = true, EndsBySignal = true },
            2 => ToolCall.Of("relay", at, _live, "--once", "--dump", "text"),
            _ => ToolCall.Of("relay", at, _live, "--once", "--dump", "hex"),
        };
    }

    /// <summary>Connects with a hostile name, sends and receives; false while the address is not served.</summary>
    public bool TryConnect(UnixEndPoint address)
    {
        using var socket = new System.Net.Sockets.Socket(
            System.Net.Sockets.AddressFamily.Unix, System.Net.Sockets.SocketType.Stream, System.Net.Sockets.ProtocolType.Unspecified);
        try
        {
            socket.Bind(UnixEndPoint.FromAbstractName(AbstractName()));
            socket.Connect(address);
            socket.Send(HostileNames.NextAbstract(_random, 50));
            socket.Shutdown(System.Net.Sockets.SocketShutdown.Send);
            socket.ReceiveTimeout = 10_000;
            while (socket.Receive(new byte[256]) > 0)
            {
            }
            return true;
        }
        catch (System.Net.Sockets.SocketException)
        {
            return false;
        }
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var client in _clients)
            client.Dispose();
        await _server.StopAsync(TimeSpan.Zero);
        await _abstract.StopAsync(TimeSpan.Zero);
    }

    private static async Task EchoAsync(UnixStream stream, CancellationToken stopping)
    {
        var buffer = new byte[256];
        while (await stream.ReadAsync(buffer, stopping) is > 0 and var count)
            await stream.WriteAsync(buffer.AsMemory(0, count), stopping);
    }

    private byte[] AbstractName() =>
        [.. Encoding.ASCII.GetBytes($"{Environment.ProcessId} {_random.Next()} "), .. HostileNames.NextAbstract(_random, 70)];

    private byte[] Path(string prefix)
    {
        var name = HostileNames.Next(_random, MaxPathLength - _directoryPrefix.Length - 1);
        return [.. _directoryPrefix, .. Encoding.ASCII.GetBytes(prefix), .. name];
    }
}
