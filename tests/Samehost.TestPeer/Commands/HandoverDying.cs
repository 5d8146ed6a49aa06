using System.Diagnostics;
using Samehost.Serving;

namespace Samehost.TestPeer;

/// <summary>
/// <c>handover-dying PATH --control PATH --role successor|predecessor --at STEP</c>: speaks one side of a handover and kills itself with
/// SIGKILL behind that step: <c>connected</c>, or after the record of that name was sent or received. <c>--wait 1</c>: stays there instead.
/// </summary>
internal static class HandoverDying
{
    public static void Run(PeerArguments arguments)
    {
        var control = UnixEndPoint.FromPath(arguments.Option("--control")!);
        string at = arguments.Option("--at")!;
        bool wait = arguments.Option("--wait") is not null;
        if (arguments.Option("--role") == "successor")
        {
            Succeed(control, Step);
        }
        else
        {
            using var listener = UnixListener.Listen(arguments.Path);
            using var offer = UnixSeqpacketListener.Listen(control);
            Console.WriteLine("ready");
            Precede(listener, offer, Step);
        }

        void Step(string name)
        {
            if (name != at)
                return;
            Console.WriteLine($"at {name}");
            if (wait)
                Console.ReadLine();
            using Process self = Process.GetCurrentProcess();
            self.Kill();
            self.WaitForExit();
        }
    }

    private static void Succeed(UnixEndPoint address, Action<string> step)
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

    private static void Precede(UnixListener listener, UnixSeqpacketListener offer, Action<string> step)
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
        byte[] buffer = new byte[HandoverProtocol.MaxRecord];
        var record = control.Receive(buffer); // what came with it is kept until the end
        string said = HandoverProtocol.Split(buffer.AsMemory(0, record.Count)).Word;
        if (record.IsEnd || said != word)
            throw new IOException($"'{said}' came instead of '{word}'.");
        step(word);
    }
}
