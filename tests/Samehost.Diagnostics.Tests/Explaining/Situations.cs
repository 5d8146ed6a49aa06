using System.Net.Sockets;
using Samehost.Interop;
using Samehost.Tests.Errors;
using Samehost.Tests.Peers;
using Samehost.Tests.Support;

namespace Samehost.Tests.Diagnostics.Explaining;

/// <summary>The situations of the table in docs/tool/explain.md, in its order.</summary>
internal static class Situations
{
    private static readonly string User = $"{OtherUser.Id}";

    public static IReadOnlyList<Situation> All { get; } =
    [
        new("A server that listens", f => Is(f.Serve("app.sock"))),
        new("Missing file", f =>
        {
            f.Serve("app.socket");
            return Is(f["app.sock"]);
        }) { Note = "app.socket" },
        new("Missing directory", f => Is(f["app/app.sock"])),
        new("File removed from under a server", f =>
        {
            File.Delete(f.Serve("app.sock"));
            return Is(f["app.sock"]);
        }) { Note = "its file has been removed" },
        new("No search permission in the middle", f => InDirectory(f, 0b111_101_000)),
        new("The same, as root", f => InDirectory(f, 0b111_101_000)) { IsForRoot = true },
        new("No write permission on the socket", f =>
        {
            f.SetMode(f.Serve("app.sock"), 0b110_100_100);
            return Is(f["app.sock"]);
        }),
        new("ACL that grants it", f =>
        {
            f.SetMode(f.Serve("app.sock"), 0b110_000_000);
            Command.Run("setfacl", "-m", $"u:{User}:rw", f["app.sock"]);
            return Is(f["app.sock"]);
        }),
        new("ACL that its mask cuts down", f =>
        {
            f.Serve("app.sock");
            Command.Run("setfacl", "-m", $"u:{User}:rw,m::r", f["app.sock"]);
            return Is(f["app.sock"]);
        }),
        new("ACL that shuts out one user", f =>
        {
            f.Serve("app.sock");
            Command.Run("setfacl", "-m", $"u:{User}:---", f["app.sock"]);
            return Is(f["app.sock"]);
        }),
        new("ACL that lets a user into a directory", async f =>
        {
            var path = await InDirectory(f, 0b111_000_000);
            Command.Run("setfacl", "-m", $"u:{User}:x", f["app"]);
            return path;
        }),
        new("Stale socket file", f => Is(f.LeaveStaleFile("app.sock"))),
        new("Bound but not listening", f => Is(f.Bind("app.sock", SocketType.Stream, out _))),
        new("Listener that was shut down", f =>
        {
            var path = f.Bind("app.sock", SocketType.Stream, out var socket);
            _ = LibcSocket.Listen(socket, 8);
            _ = LibcSocket.Shutdown(socket, LibcSocket.SHUT_RDWR);
            return Is(path);
        }),
        new("Full backlog", f =>
        {
            var path = f.Serve("app.sock", backlog: 1);
            f.Connect(path);
            f.Connect(path);
            return Is(path);
        }),
        new("Datagram server, stream client", f => Is(f.Serve("app.sock", SocketType.Dgram))),
        new("Stream server, datagram client", f => Is(f.Serve("app.sock"))) { SocketType = SocketType.Dgram },
        new("Seqpacket server, stream client", f => Is(f.Serve("app.sock", SocketType.Seqpacket))),
        new("Seqpacket server and client", f => Is(f.Serve("app.sock", SocketType.Seqpacket))) { SocketType = SocketType.Seqpacket },
        new("Datagram server and client", f => Is(f.Serve("app.sock", SocketType.Dgram))) { SocketType = SocketType.Dgram },
        new("Datagram server with a peer", f =>
        {
            f.Serve("peer.sock", SocketType.Dgram);
            var path = f.Bind("app.sock", SocketType.Dgram, out var socket);
            _ = FailingCalls.Connect(socket, UnixEndPoint.FromPath(f["peer.sock"]));
            return Is(path);
        }) { SocketType = SocketType.Dgram },
        new("Regular file", f =>
        {
            File.WriteAllText(f["app.sock"], "");
            f.SetMode(f["app.sock"], 0b110_110_110);
            return Is(f["app.sock"]);
        }),
        new("Regular file without write permission", f =>
        {
            File.WriteAllText(f["app.sock"], "");
            f.SetMode(f["app.sock"], 0b110_100_100);
            return Is(f["app.sock"]);
        }),
        new("Directory", f => Is(f.Temp.MakeDirectory("app", 0b111_111_111))),
        new("Something below a file", f =>
        {
            File.WriteAllText(f["app"], "");
            return Is(f["app/app.sock"]);
        }),
        new("Symbolic link to a socket", f =>
        {
            f.Serve("real.sock");
            return Link(f, "app.sock", "real.sock");
        }),
        new("Symbolic link to nothing", f => Link(f, "app.sock", "gone.sock")),
        new("Loop of links", async f =>
        {
            await Link(f, "other.sock", "app.sock");
            return await Link(f, "app.sock", "other.sock");
        }),
        new("Relative path", f =>
        {
            f.Serve("app.sock");
            return Is("app.sock");
        }) { IsRelative = true, Note = "working directory" },
        new("Path too long for an address", f =>
        {
            var path = Path.Join(Directory.CreateDirectory(f[new string('d', 60)]).FullName, new string('s', 60));
            File.Move(f.Serve("app.sock"), path);
            return Is(path);
        }) { Note = "through a descriptor" },
        new("Server in another network namespace", async f =>
        {
            var path = await f.ServeElsewhereAsync(f["app.sock"]);
            f.SetMode(path, 0b110_110_110);
            return path;
        }) { Note = "another network namespace" },
        new("Abstract name that no socket has", f => Is(AbstractName())),
        new("Abstract name of a datagram server", async f =>
        {
            var name = AbstractName();
            var server = await f.StartAsync();
            await server.CallAsync("keep", name, SocketType.Dgram);
            return name;
        }),
        new("Abstract name in another namespace", f => f.ServeElsewhereAsync(AbstractName())) { Note = "another network namespace" },
    ];

    private static string AbstractName() => $"@app-{Guid.NewGuid():N}";

    private static Task<string> Is(string address) => Task.FromResult(address);

    private static Task<string> InDirectory(SituationDirectory folder, int mode)
    {
        folder.Temp.MakeDirectory("app", 0b111_101_101);
        var path = folder.Serve("app/app.sock");
        folder.SetMode(folder["app"], mode);
        return Is(path);
    }

    private static Task<string> Link(SituationDirectory folder, string name, string target)
    {
        File.CreateSymbolicLink(folder[name], target);
        return Is(folder[name]);
    }
}
