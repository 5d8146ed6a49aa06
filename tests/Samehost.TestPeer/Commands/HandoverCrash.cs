using System.Diagnostics;
using Samehost.Serving;

namespace Samehost.TestPeer;

/// <summary>
/// <c>handover-crash PATH --control PATH --role successor|predecessor --at STEP</c>: runs one side of a handover and kills itself by
/// SIGKILL after a step: <c>connected</c>, or when the record of that name was sent or received. With <c>--wait 1</c> it waits for a line
/// first.
/// </summary>
internal static class HandoverCrash
{
    public static void Run(PeerArguments arguments)
    {
        var control = UnixEndPoint.FromPath(arguments.Option("--control")!);
        var at = arguments.Option("--at")!;
        var wait = arguments.Option("--wait") is not null;
        if (arguments.Option("--role") == "successor")
        {
            RunSuccessor(control, Step);
        }
        else
        {
            using var listener = UnixListener.Listen(arguments.Path);
            using var offer = UnixSeqpacketListener.Listen(control);
            Console.WriteLine("ready");
            RunPredecessor(listener, offer, Step);
        }

        void Step(string name)
        {
            if (name != at)
                return;
            Console.WriteLine($"at {name}");
            if (wait)
                Console.ReadLine();
            using var self = Process.GetCurrentProcess();
            self.Kill();
            self.WaitForExit();
        }
    }

    private static void RunSuccessor(UnixEndPoint address, Action<string> step)
    {
        using var control = UnixSeqpacket.Connect(address, new UnixConnectOptions { AcceptDescriptors = true });
        step("connected");
        Send(control, HandoverProtocol.Request, step);
        Receive(control, HandoverProtocol.Listener, step);
        Send(control, HandoverProtocol.Ready, step);
        Receive(control, HandoverProtocol.Connection, step);
        Receive(control, HandoverProtocol.Commit, step);
        Send(control, HandoverProtocol.Confirmed, step);
        Receive(control, HandoverProtocol.Released, step);
    }

    private static void RunPredecessor(UnixListener listener, UnixSeqpacketListener offer, Action<string> step)
    {
        using var control = offer.Accept();
        step("connected");
        Receive(control, HandoverProtocol.Request, step);
        control.Send(HandoverProtocol.Record(HandoverProtocol.Listener, listener.LocalEndPoint.NameBytes.Span), [listener.SafeHandle]);
        step(HandoverProtocol.Listener);
        Receive(control, HandoverProtocol.Ready, step);
        Send(control, HandoverProtocol.Commit, step);
        Receive(control, HandoverProtocol.Confirmed, step);
    }

    private static void Send(UnixSeqpacket control, string word, Action<string> step)
    {
        control.Send(System.Text.Encoding.ASCII.GetBytes(word));
        step(word);
    }

    private static void Receive(UnixSeqpacket control, string word, Action<string> step)
    {
        var buffer = new byte[HandoverProtocol.MaxRecord];
        var record = control.Receive(buffer); // its descriptors stay open until the process ends
        var received = HandoverProtocol.Split(buffer.AsMemory(0, record.Count)).Word;
        if (record.IsEnd || received != word)
            throw new IOException($"'{received}' was received instead of '{word}'.");
        step(word);
    }
}
