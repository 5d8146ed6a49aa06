using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;

namespace Samehost.TestPeer;

/// <summary>
/// <c>scripted-client PATH --type stream|seqpacket|datagram</c>: a client that executes each line of its input and prints one line for it:
/// <c>connect [PATH]</c>, <c>send TEXT</c> sends, <c>receive</c> receives, <c>send-as PID UID GID TEXT</c> sends a datagram with these
/// credentials, <c>flood COUNT EACH</c> sends descriptors and waits for the response to each message.
/// </summary>
internal static class ScriptedClient
{
    public static void Run(PeerArguments arguments)
    {
        using ClientSocket client = arguments.Option("--type") switch
        {
            "seqpacket" => new SeqpacketClient(),
            "datagram" => new DatagramClient(),
            _ => new StreamClient(),
        };
        Console.WriteLine("ready");
        while (Console.ReadLine() is { } line)
            Console.WriteLine(Execute(client, line.Split(' '), arguments.Path));
    }

    private static string Execute(ClientSocket client, string[] words, UnixEndPoint path)
    {
        try
        {
            switch (words[0])
            {
                case "connect":
                    client.Connect(words.Length > 1 ? UnixEndPoint.Parse(words[1]) : path);
                    return "connected";
                case "send":
                    client.Send(Encoding.UTF8.GetBytes(words[1]), []);
                    return "sent";
                case "send-as":
                    client.SendAs(
                        new UnixCredentials((int)Number(words[1]), Number(words[2]), Number(words[3])), Encoding.UTF8.GetBytes(words[4]));
                    return "sent";
                case "flood":
                    return Flood(client, (int)Number(words[1]), (int)Number(words[2]));
                default:
                    return client.Receive() is { } received ? "received " + Encoding.UTF8.GetString(received) : "end";
            }
        }
        catch (UnixSocketException e)
        {
            return $"failed {e.Errno}";
        }
        catch (IOException e) when (e.InnerException is UnixSocketException inner)
        {
            return $"failed {inner.Errno}";
        }
    }

    private static uint Number(string word) => uint.Parse(word, CultureInfo.InvariantCulture);

    private static string Flood(ClientSocket client, int count, int each)
    {
        using var file = File.OpenHandle("/dev/null");
        var handles = Enumerable.Repeat(file, each).ToArray();
        var refused = 0;
        for (var i = 0; i < count; i++)
        {
            try
            {
                client.Send([1], handles);
                _ = client.Receive();
            }
            catch (UnixSocketException e) when (e.Errno == Errno.EPERM)
            {
                refused++;
            }
        }

        return string.Create(CultureInfo.InvariantCulture, $"refused {refused} of {count}");
    }
}

/// <summary>A client socket of any type.</summary>
internal abstract class ClientSocket : IDisposable
{
    public abstract void Connect(UnixEndPoint remote);

    public abstract void Send(byte[] bytes, SafeHandle[] descriptors);

    public virtual void SendAs(UnixCredentials credentials, byte[] bytes) => throw new NotSupportedException();

    /// <summary>Receives a message; null at the end.</summary>
    public abstract byte[]? Receive();

    public abstract void Dispose();
}

internal sealed class StreamClient : ClientSocket
{
    private UnixStream? _stream;

    public override void Connect(UnixEndPoint remote)
    {
        _stream?.Dispose();
        _stream = UnixStream.Connect(remote);
    }

    public override void Send(byte[] bytes, SafeHandle[] descriptors) => _stream!.Send(bytes, descriptors);

    public override byte[]? Receive()
    {
        var buffer = new byte[4096];
        var count = _stream!.Read(buffer);
        return count == 0 ? null : buffer[..count];
    }

    public override void Dispose() => _stream?.Dispose();
}

internal sealed class SeqpacketClient : ClientSocket
{
    private UnixSeqpacket? _socket;

    public override void Connect(UnixEndPoint remote)
    {
        _socket?.Dispose();
        _socket = UnixSeqpacket.Connect(remote);
    }

    public override void Send(byte[] bytes, SafeHandle[] descriptors) => _socket!.Send(bytes, descriptors);

    public override byte[]? Receive()
    {
        var buffer = new byte[4096];
        using var record = _socket!.Receive(buffer);
        return record.IsEnd ? null : buffer[..record.Count];
    }

    public override void Dispose() => _socket?.Dispose();
}

/// <summary>A datagram socket with an automatic name, to which responses can be sent.</summary>
internal sealed class DatagramClient : ClientSocket
{
    private readonly UnixDatagram _socket = UnixDatagram.Bind(UnixEndPoint.Autobind, new() { PeerPolicy = PeerPolicy.Anyone });

    public override void Connect(UnixEndPoint remote) => _socket.Connect(remote);

    public override void Send(byte[] bytes, SafeHandle[] descriptors) => _socket.Send(bytes, descriptors);

    public override void SendAs(UnixCredentials credentials, byte[] bytes) =>
        _socket.Send(bytes, new UnixAncillaryData { Credentials = credentials });

    public override byte[]? Receive()
    {
        var buffer = new byte[4096];
        return buffer[.._socket.Receive(buffer).Count];
    }

    public override void Dispose() => _socket.Dispose();
}
