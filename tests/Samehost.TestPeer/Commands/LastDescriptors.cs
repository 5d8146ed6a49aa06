using System.Diagnostics.CodeAnalysis;
using Microsoft.Win32.SafeHandles;

namespace Samehost.TestPeer;

/// <summary>
/// <c>last-descriptors PATH</c>: what happens when there are no descriptors for the first event loop, and when a socket takes the very last
/// one. Says how each call failed and what it left behind.
/// </summary>
internal static class LastDescriptors
{
    [UnconditionalSuppressMessage("Trimming", "IL2026", Justification = "A native executable has no assemblies to load.")]
    public static void Run(PeerArguments arguments)
    {
        // What is loaded for the first time needs descriptors, too.
        Array.ForEach(typeof(UnixStream).Assembly.GetReferencedAssemblies(), static name => System.Reflection.Assembly.Load(name));
        UnixListener.Listen(arguments.Path).Dispose();
        _ = Failure(() => throw new UnixSocketException(Errno.EMFILE, "rehearse", arguments.Path));
        var (near, far) = UnixStream.CreatePair();
        var listener = UnixListener.Listen(arguments.Path);
        byte[] lost = new byte[5], got = new byte[5];
        var all = new Stack<SafeFileHandle>();
        Failure(() =>
        {
            while (true)
                all.Push(File.OpenHandle("/dev/null"));
        });

        string read = Failure(() => near.ReadAsync(lost).AsTask().GetAwaiter().GetResult());
        string serve = Failure(() => UnixServer.Start(listener, static (_, _) => Task.CompletedTask));
        string connect = Failure(() => UnixStream.Connect(arguments.Path));
        string left = File.Exists(arguments.Path.Path) ? "left" : "gone";
        string bind = Failure(() => UnixListener.Listen(arguments.Path)); // with the descriptor that the listener had
        string made = File.Exists(arguments.Path.Path) ? "left" : "gone";
        while (all.TryPop(out var handle))
            handle.Dispose();

        Console.WriteLine($"read {read}, serve {serve}, path {left}, connect {connect}, bind {bind}, path {made}");
        far.Write("hello"u8);
        near.ReadAsync(got).AsTask().GetAwaiter().GetResult();
        Console.WriteLine($"{System.Text.Encoding.ASCII.GetString(got)} {lost[0]}");
    }

    private static string Failure(Action call)
    {
        try
        {
            call();
            return "worked";
        }
        catch (UnixSocketException e)
        {
            return e.Errno.ToString();
        }
        catch (IOException)
        {
            return "failed";
        }
    }
}
