using System.Globalization;
using System.Net.Sockets;
using Samehost.Stress.Running;

namespace Samehost.Stress.Starters;

/// <summary>
/// <c>attacker PATH SEED sockets|files</c>: at the line <c>go</c> makes files, directories, links and sockets at the path, moves its own
/// files there and away, and tries to remove, rename and replace what others have there, until the line <c>pause</c>. It reports what it
/// did, or <c>stolen WHAT</c> when something of its own, which is no socket, was not where it had put it.
/// </summary>
internal sealed class Attacker(string path, Random random, bool withSockets)
{
    private readonly string _directory = Path.GetDirectoryName(path)!;
    private int _acts;
    private int _numbered;
    private string? _stolen;

    public static async Task RunAsync(string[] arguments)
    {
        var random = new Random(int.Parse(arguments[1], CultureInfo.InvariantCulture));
        var attacker = new Attacker(arguments[0], random, arguments[2] == "sockets");
        WorkerInput.Say("ready");
        using var lines = WorkerInput.Lines().GetEnumerator();
        while (lines.MoveNext())
        {
            if (lines.Current != "go")
                continue;
            var pausing = false;
            var attack = Task.Run(() =>
            {
                while (!Volatile.Read(ref pausing))
                    attacker.Act();
            });
            var more = lines.MoveNext();
            Volatile.Write(ref pausing, true);
            await attack;
            WorkerInput.Say(attacker._stolen is { } stolen ? $"stolen {stolen}" : $"did {attacker._acts}");
            if (!more)
                break;
        }
    }

    private string Beside => Path.Join(_directory, $"attacker{_numbered++}");

    private void Act()
    {
        _acts++;
        switch (random.Next(withSockets ? 9 : 5))
        {
            case 0:
                Put("file", static at => new FileStream(at, FileMode.CreateNew).Dispose(), File.Exists, File.Delete);
                break;
            case 1:
                Put("directory", MakeDirectory, Directory.Exists, Directory.Delete);
                break;
            case 2:
                Link("link to nothing", "/nonexistent");
                break;
            case 3:
                var treasure = Beside;
                File.WriteAllText(treasure, "treasure");
                Link("link to a file", treasure);
                if (!File.Exists(treasure))
                    _stolen = "the file that a link led to";
                File.Delete(treasure);
                break;
            case 4:
                // Moved over what is there, if the kernel allows that: never over another user's file in a sticky directory.
                var moved = Beside;
                File.WriteAllText(moved, "moved");
                if (Try(() => File.Move(moved, path, overwrite: withSockets)))
                    Remove("moved file", File.Exists, File.Delete);
                else
                    File.Delete(moved);
                break;
            case 5:
                LiveSocket();
                break;
            case 6:
                StaleSocket();
                break;
            case 7:
                Try(() => File.Delete(path)); // the sticky bit keeps what is not ours
                break;
            default:
                Try(() => File.Move(path, Beside));
                break;
        }
    }

    private void Put(string what, Action<string> make, Func<string, bool> isThere, Action<string> remove)
    {
        if (Try(() => make(path)))
            Remove(what, isThere, remove);
    }

    private void Link(string what, string target)
    {
        if (Try(() => File.CreateSymbolicLink(path, target)))
            Remove(what, static at => new FileInfo(at).LinkTarget is not null, File.Delete);
    }

    private void Remove(string what, Func<string, bool> isThere, Action<string> remove)
    {
        Thread.SpinWait(random.Next(2000)); // it lies there for a while
        if (!isThere(path))
            _stolen = what;
        else
            Try(() => remove(path));
    }

    private void LiveSocket()
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

    private void StaleSocket()
    {
        var beside = Beside;
        using (var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified))
        {
            socket.Bind(new UnixDomainSocketEndPoint(beside));
            if (!Try(() => File.Move(beside, path)))
                File.Delete(beside);
        }
        Thread.SpinWait(random.Next(5000));
        Try(() => File.Delete(path)); // or a starter has replaced it, as it may
    }

    /// <summary>Fails where a directory is there already, which the runtime's own call does not.</summary>
    private void MakeDirectory(string at)
    {
        var beside = Directory.CreateDirectory(Beside).FullName;
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
