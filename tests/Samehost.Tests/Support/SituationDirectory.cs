using System.Net.Sockets;
using Samehost.Interop;
using Samehost.Tests.Errors;

namespace Samehost.Tests.Support;

/// <summary>A directory that every user may search, with the sockets and processes of a situation.</summary>
internal sealed class SituationDirectory : IAsyncDisposable
{
    private readonly List<IDisposable> _open = [];
    private readonly List<CallingUser> _processes = [];

    public TestDirectory Temp { get; } = new();

    public string this[string name] => Temp[name];

    /// <summary>A socket that listens, or receives; its file allows every user to connect.</summary>
    public string Serve(string name, SocketType kind = SocketType.Stream, int backlog = 8)
    {
        var path = Bind(name, kind, out var socket);
        if (kind != SocketType.Dgram && LibcSocket.Listen(socket, backlog) < 0)
            throw new InvalidOperationException("listen failed");
        return path;
    }

    /// <summary>A socket that is bound and nothing more.</summary>
    public string Bind(string name, SocketType kind, out Descriptor socket)
    {
        var path = Temp[name];
        socket = FailingCalls.Bound(UnixEndPoint.FromPath(path), (int)kind);
        _open.Add(socket);
        File.SetUnixFileMode(path, (UnixFileMode)0b110_110_110);
        return path;
    }

    /// <summary>A client that is connected, or waits to be.</summary>
    public void Connect(string path, SocketType kind = SocketType.Stream)
    {
        var client = FailingCalls.Socket((int)kind);
        _open.Add(client);
        if (FailingCalls.Connect(client, UnixEndPoint.FromPath(path)) is { } failure)
            throw failure;
    }

    /// <summary>The file of a server that was killed.</summary>
    public string LeaveStaleFile(string name)
    {
        var path = Bind(name, SocketType.Stream, out var socket);
        socket.Dispose();
        return path;
    }

    /// <summary>Closes the sockets, as the end of their processes does.</summary>
    public void CloseAll()
    {
        _open.ForEach(o => o.Dispose());
        _open.Clear();
    }

    /// <summary>Has an abstract name served by a process in a network namespace of its own.</summary>
    public async Task<string> ServeElsewhereAsync(string name)
    {
        var process = await StartAsync("unshare", "--net");
        if (await process.CallAsync("keep", name, backlog: 8) is var errno and not Errno.None)
            throw new InvalidOperationException($"listening failed: {errno}");
        return name;
    }

    /// <summary>A process of our own user, ended with the folder.</summary>
    public async Task<CallingUser> StartAsync(params string[] prefix)
    {
        var process = await CallingUser.StartAsync(Temp, prefix);
        _processes.Add(process);
        return process;
    }

    public void SetMode(string path, int mode) => File.SetUnixFileMode(path, (UnixFileMode)mode);

    public async ValueTask DisposeAsync()
    {
        foreach (var process in _processes)
            await process.DisposeAsync();
        _open.ForEach(o => o.Dispose());
        Temp.Dispose();
    }
}
