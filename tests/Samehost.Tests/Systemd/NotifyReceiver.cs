using System.Text;
using Samehost.Tests.Support;

namespace Samehost.Tests.Systemd;

/// <summary>A service manager's end of the notification socket.</summary>
internal sealed class NotifyReceiver : IDisposable
{
    private readonly TestDirectory _directory = new();
    private readonly UnixDatagram _socket;
    private readonly byte[] _buffer = new byte[65536];

    public NotifyReceiver()
    {
        Address = UnixEndPoint.FromPath(_directory["notify"]);
        _socket = UnixDatagram.Bind(Address, new UnixDatagramOptions { ReceiveCredentials = true, AcceptDescriptors = true });
        Notify = new SystemdNotifier(Address);
    }

    public UnixEndPoint Address { get; }

    public SystemdNotifier Notify { get; }

    /// <summary>The text of the next message; descriptors that came with it are closed.</summary>
    public async Task<string> NextAsync()
    {
        using var message = await NextMessageAsync();
        return Text(message);
    }

    public ValueTask<UnixMessage> NextMessageAsync() => _socket.ReceiveAsync(_buffer);

    public string Text(UnixMessage message) => Encoding.UTF8.GetString(_buffer, 0, message.Count);

    /// <summary>Goes away, with what it has not read yet.</summary>
    public void Leave() => _socket.Dispose();

    public void Dispose()
    {
        _socket.Dispose();
        _directory.Dispose();
    }
}
