using System.Diagnostics;
using Samehost.Serving;

namespace Samehost.TestPeer;

/// <summary>
/// <c>hand-over-dying PATH --control PATH --role successor|predecessor --at STEP</c>: speaks one side of a hand-over and kills itself with
/// SIGKILL behind that step: <c>connected</c>, or after the record of that name was sent or received. <c>--wait 1</c>: stays there instead.
/// </summary>
internal static class HandOverDying
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
        Send(control, HandOverProtocol.Take, step);
        Receive(control, HandOverProtocol.Listener, step);
        Send(control, HandOverProtocol.Ready, step);
        Receive(control, HandOverProtocol.Connection, step);
        Receive(control, HandOverProtocol.Yours, step);
        Send(control, HandOverProtocol.Confirmed, step);
        Receive(control, HandOverProtocol.Left, step);
    }

    private static void Precede(UnixListener listener, UnixSeqpacketListener offer, Action<string> step)
    {
        using var control = offer.Accept();
        step("connected");
        Receive(control, HandOverProtocol.Take, step);
        control.Send(HandOverProtocol.Record(HandOverProtocol.Listener, listener.LocalEndPoint.NameBytes.Span), [listener.Handle]);
        step(HandOverProtocol.Listener);
        Receive(control, HandOverProtocol.Ready, step);
        Send(control, HandOverProtocol.Yours, step);
        Receive(control, HandOverProtocol.Confirmed, step);
    }

    private static void Send(UnixSeqpacket control, string word, Action<string> step)
    {
        control.Send(System.Text.Encoding.ASCII.GetBytes(word));
        step(word);
    }

    private static void Receive(UnixSeqpacket control, string word, Action<string> step)
    {
        byte[] buffer = new byte[HandOverProtocol.MostRecord];
        var record = control.Receive(buffer); // what came with it is kept until the end
        string said = HandOverProtocol.Split(buffer.AsMemory(0, record.Count)).Word;
        if (record.IsEnd || said != word)
            throw new IOException($"'{said}' came instead of '{word}'.");
        step(word);
    }
}
