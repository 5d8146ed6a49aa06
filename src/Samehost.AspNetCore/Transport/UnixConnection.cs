using System.Buffers;
using System.IO.Pipelines;
using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Logging;

namespace Samehost.AspNetCore.Transport;

/// <summary>A connection as Kestrel sees it.</summary>
internal sealed class UnixConnection : ConnectionContext, IDuplexPipe, IUnixPeerFeature,
    IConnectionIdFeature, IConnectionTransportFeature, IConnectionItemsFeature, IConnectionLifetimeFeature, IConnectionEndPointFeature,
    IMemoryPoolFeature
{
    private static readonly ConnectionAbortedException Closed = new();

    private static readonly Type[] OwnFeatures =
    [
        typeof(IUnixPeerFeature), typeof(IConnectionIdFeature), typeof(IConnectionTransportFeature), typeof(IConnectionItemsFeature),
        typeof(IConnectionLifetimeFeature), typeof(IConnectionEndPointFeature), typeof(IMemoryPoolFeature),
    ];

    private static long _lastId = DateTime.UtcNow.Ticks;

    private readonly UnixStream _stream;
    private readonly SocketReader _reader;
    private readonly SocketWriter _writer;
    private readonly Pulse _pulse;
    private readonly EndPoint _local;
    private readonly ILogger _logger;
    private readonly CancellationTokenSource _closed = new();
    private readonly TaskCompletionSource _done = new();
    private PeerCredentials? _peer;
    private string? _id;
    private IDictionary<object, object?>? _items;
    private int _hasEnded;

    public UnixConnection(UnixStream stream, EndPoint local, Pulse pulse, ILogger logger)
    {
        _stream = stream;
        _local = local;
        _logger = logger;
        _pulse = pulse;
        _reader = new SocketReader(stream, this, pulse);
        _writer = new SocketWriter(stream, this);
        Transport = this;
        ConnectionClosed = _closed.Token;
        Features = new ConnectionFeatures(this, OwnFeatures);
    }

    /// <summary>Ends when the connection is closed and nothing is left to be sent.</summary>
    public Task Done => _done.Task;

    public PipeReader Input => _reader;

    public PipeWriter Output => _writer;

    public MemoryPool<byte> MemoryPool => MemoryPool<byte>.Shared;

    public override IDuplexPipe Transport { get; set; }

    public override IFeatureCollection Features { get; }

    public override CancellationToken ConnectionClosed { get; set; }

    public override string ConnectionId
    {
        get => _id ??= Interlocked.Increment(ref _lastId).ToString("X");
        set => _id = value;
    }

    public override IDictionary<object, object?> Items
    {
        get => _items ??= new ConnectionItems();
        set => _items = value;
    }

    public override EndPoint? LocalEndPoint
    {
        get => _local;
        set => throw new NotSupportedException("The address of a connection is what it is.");
    }

    /// <summary>Null: a client's name is its own choice and says nothing.</summary>
    public override EndPoint? RemoteEndPoint
    {
        get => null;
        set => throw new NotSupportedException("The address of a connection is what it is.");
    }

    /// <inheritdoc/>
    public PeerCredentials Credentials => _peer ??= _stream.GetPeerCredentials();

    /// <summary>What an interrupted call tells the application.</summary>
    public Exception? Reason(Exception failure) => failure switch
    {
        ObjectDisposedException => _reader.ClosedFor ?? Closed,
        { InnerException: SocketException { SocketErrorCode: SocketError.ConnectionReset } } =>
            new ConnectionResetException("The client closed the connection without reading all of its answers.", failure),
        _ => failure,
    };

    /// <summary>True until its first byte, or its end, has come.</summary>
    public bool IsSilent => _reader.IsSilent;

    /// <summary>True while nothing would notice that the other side leaves.</summary>
    public bool IsUnwatched => _reader.IsUnwatched;

    /// <summary>True while the client sends nothing more and may still receive.</summary>
    public bool IsHalfClosed => _reader.IsHalfClosed;

    /// <summary>Has it noticed from now on.</summary>
    public void Watch() => _reader.Watch();

    /// <summary>The other side has left, or we close: whoever works for it may stop.</summary>
    public void HasEnded()
    {
        if (Interlocked.Exchange(ref _hasEnded, 1) == 0)
            _ = TellEndAsync();
    }

    public override void Abort(ConnectionAbortedException abortReason)
    {
        _reader.CloseFor(abortReason);
        _stream.Dispose();
        HasEnded();
    }

    /// <summary>Closes it for good, whatever its application does.</summary>
    public void Abandon()
    {
        Abort(new ConnectionAbortedException("The server has stopped."));
        SetDone();
    }

    public override async ValueTask DisposeAsync()
    {
        _reader.Complete();
        _writer.Complete();
        await _writer.AllSentAsync().ConfigureAwait(false);
        _reader.CloseFor(Closed);
        _stream.Dispose();
        if (Interlocked.Exchange(ref _hasEnded, 1) == 0)
            await TellEndAsync().ConfigureAwait(false);
        SetDone();
        await base.DisposeAsync().ConfigureAwait(false);
    }

    private void SetDone()
    {
        _pulse.Remove(this);
        _done.TrySetResult();
    }

    private async Task TellEndAsync()
    {
        try
        {
            await _closed.CancelAsync().ConfigureAwait(false); // on the thread pool, whoever has noticed it
        }
#pragma warning disable CA1031 // what the application's callbacks throw must not end the process, nor keep the connection from ending
        catch (Exception e)
#pragma warning restore CA1031
        {
            TransportEvents.CallbackFailed(_logger, _local.ToString()!, e);
        }
    }
}
