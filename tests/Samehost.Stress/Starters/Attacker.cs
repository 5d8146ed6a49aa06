using System.Globalization;
using System.Net.Sockets;
using Samehost.Stress.Running;

namespace Samehost.Stress.Starters;

/// <summary>
/// <c>attacker PATH SEED sockets|files</c>: from the line <c>go</c> to the line <c>pause</c> creates files, directories, links and sockets
/// at the path, moves files of its own there, and tries to delete, rename and replace files of others. It replies with <c>did COUNT</c>, or
/// with <c>stolen WHAT</c> when something that it created, other than a stale socket, was deleted or replaced.
/// </summary>
internal sealed class Attacker(string path, Random random, bool withSockets)
{
    private readonly string _directory = Path.GetDirectoryName(path)!;
    private int _attempts;
    private int _numbered;
    private string? _stolen;

    public static async Task RunAsync(string[] arguments)
    {
        var random = new Random(int.Parse(arguments[1], CultureInfo.InvariantCulture));
        var attacker = new Attacker(arguments[0], random, arguments[2] == "sockets");
        WorkerConsole.WriteLine("ready");
        using var lines = WorkerConsole.ReadLines().GetEnumerator();
        while (lines.MoveNext())
        {
            if (lines.Current != "go")
                continue;
            var pausing = false;
            var attack = Task.Run(() =>
            {
                while (!Volatile.Read(ref pausing))
                    attacker.Attempt();
            });
            var more = lines.MoveNext();
            Volatile.Write(ref pausing, true);
            await attack;
            WorkerConsole.WriteLine(attacker._stolen is { } stolen ? $"stolen {stolen}" : $"did {attacker._attempts}");
            if (!more)
                break;
        }
    }

    private string NextOwnPath => Path.Join(_directory, $"attacker{_numbered++}");

    private void Attempt()
    {
        _attempts++;
        switch (random.Next(withSockets ? 9 : 5))
        {
            case 0:
                Create("file", static at => new FileStream(at, FileMode.CreateNew).Dispose(), File.Exists, File.Delete);
                break;
            case 1:
                Create("directory", CreateDirectory, Directory.Exists, Directory.Delete);
                break;
            case 2:
                CreateLink("link to nothing", "/nonexistent");
                break;
            case 3:
                var linkTarget = NextOwnPath;
                File.WriteAllText(linkTarget, "linkTarget");
                CreateLink("link to a file", linkTarget);
                if (!File.Exists(linkTarget))
                    _stolen = "the file that a link led to";
                File.Delete(linkTarget);
                break;
            case 4:
                // Replaces what exists, if the kernel allows it: never another user's file in a sticky directory.
                var moved = NextOwnPath;
                File.WriteAllText(moved, "moved");
                if (Try(() => File.Move(moved, path, overwrite: withSockets)))
                    Remove("moved file", File.Exists, File.Delete);
                else
                    File.Delete(moved);
                break;
            case 5:
                CreateLiveSocket();
                break;
            case 6:
                CreateStaleSocket();
                break;
            case 7:
                Try(() => File.Delete(path)); // the sticky bit protects files of other users
                break;
            default:
                Try(() => File.Move(path, NextOwnPath));
                break;
        }
    }

    private void Create(string what, Action<string> make, Func<string, bool> exists, Action<string> remove)
    {
        if (Try(() => make(path)))
            Remove(what, exists, remove);
    }

    private void CreateLink(string what, string target)
    {
        if (Try(() => File.CreateSymbolicLink(path, target)))
            Remove(what, static at => new FileInfo(at).LinkTarget is not null, File.Delete);
    }

    private void Remove(string what, Func<string, bool> exists, Action<string> remove)
    {
        Thread.SpinWait(random.Next(2000)); // it exists for a while
        if (!exists(path))
            _stolen = what;
        else
            Try(() => remove(path));
    }

    private void CreateLiveSocket()
    {
        using var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        if (!Try(() => socket.Bind(new UnixDomainSocketEndPoint(path))))
            return;
        socket.Listen(1);
        Thread.SpinWait(random.Next(5000));
        using var client = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        if (!Try(() => client.Connect(new UnixDomainSocketEndPoint(path))) || !socket.Poll(TimeSpan.FromSeconds(1), SelectMode.SelectRead))
            _stolen = "live socket";
    }

    private void CreateStaleSocket()
    {
        var beside = NextOwnPath;
        using (var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified))
        {
            socket.Bind(new UnixDomainSocketEndPoint(beside));
            if (!Try(() => File.Move(beside, path)))
                File.Delete(beside);
        }
        Thread.SpinWait(random.Next(5000));
        Try(() => File.Delete(path)); // fails when a starter has replaced it, which is allowed
    }

    /// <summary>Creates a directory; fails where one exists, unlike <see cref="Directory.CreateDirectory(string)"/>.</summary>
    private void CreateDirectory(string at)
    {
        var beside = Directory.CreateDirectory(NextOwnPath).FullName;
        if (!Try(() => Directory.Move(beside, at)))
        {
            Directory.Delete(beside);
            throw new IOException();
        }
    }

    private static bool Try(Action action)
    {
        try
        {
            action();
            return true;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or SocketException)
        {
            return false;
        }
    }
}
