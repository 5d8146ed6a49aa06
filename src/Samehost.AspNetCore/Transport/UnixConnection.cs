using System.Buffers;
using System.Collections;
using System.IO.Pipelines;
using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Logging;

namespace Samehost.AspNetCore.Transport;

/// <summary>The context of an accepted connection, which is also its transport and most of its features.</summary>
internal sealed class UnixConnection : ConnectionContext, IDuplexPipe, IUnixPeerFeature,
    IConnectionIdFeature, IConnectionTransportFeature, IConnectionItemsFeature, IConnectionLifetimeFeature, IConnectionEndPointFeature,
    IMemoryPoolFeature
{
    private static readonly ConnectionAbortedException ClosedByServer = new();

    private static readonly Type[] OwnFeatures =
    [
        typeof(IUnixPeerFeature), typeof(IConnectionIdFeature), typeof(IConnectionTransportFeature), typeof(IConnectionItemsFeature),
        typeof(IConnectionLifetimeFeature), typeof(IConnectionEndPointFeature), typeof(IMemoryPoolFeature),
    ];

    private static long _lastId = DateTime.UtcNow.Ticks;

    private readonly UnixStream _stream;
    private readonly SocketPipeReader _reader;
    private readonly SocketPipeWriter _writer;
    private readonly DisconnectMonitor _monitor;
    private readonly EndPoint _localEndPoint;
    private readonly ILogger _logger;
    private readonly CancellationTokenSource _connectionClosed = new();
    private readonly TaskCompletionSource _completion = new();
    private PeerCredentials? _peer;
    private string? _id;
    private IDictionary<object, object?>? _items;
    private int _isConnectionClosedFired;

    public UnixConnection(UnixStream stream, EndPoint localEndPoint, DisconnectMonitor monitor, ILogger logger)
    {
        _stream = stream;
        _localEndPoint = localEndPoint;
        _logger = logger;
        _monitor = monitor;
        _reader = new SocketPipeReader(stream, this, monitor);
        _writer = new SocketPipeWriter(stream, this);
        Transport = this;
        ConnectionClosed = _connectionClosed.Token;
        Features = new ConnectionFeatureCollection(this, OwnFeatures);
    }

    /// <summary>Completes when the connection is closed and all flushed bytes are sent.</summary>
    public Task Completion => _completion.Task;

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
        get => _localEndPoint;
        set => throw new NotSupportedException("The address of a connection cannot be changed.");
    }

    /// <summary>Always <see langword="null"/>: the client chooses its name, so that the name identifies nothing.</summary>
    public override EndPoint? RemoteEndPoint
    {
        get => null;
        set => throw new NotSupportedException("The address of a connection cannot be changed.");
    }

    /// <inheritdoc/>
    public PeerCredentials Credentials => _peer ??= _stream.GetPeerCredentials();

    /// <summary>Returns the exception that the application gets for a failed read.</summary>
    public Exception? TranslateError(Exception failure) => failure switch
    {
        ObjectDisposedException => _reader.CloseReason ?? ClosedByServer,
        { InnerException: SocketException { SocketErrorCode: SocketError.ConnectionReset } } =>
            new ConnectionResetException("The client closed the connection without reading all of the response.", failure),
        _ => failure,
    };

    /// <summary>Whether neither a byte nor the end of the stream has arrived.</summary>
    public bool IsAwaitingFirstByte => _reader.IsAwaitingFirstByte;

    /// <summary>Whether nothing would report that the client disconnects.</summary>
    public bool NeedsMonitoring => _reader.NeedsMonitoring;

    /// <summary>Whether the client has shut down its sending direction and has not closed its socket.</summary>
    public bool IsHalfClosed => _reader.IsHalfClosed;

    /// <summary>Reports a disconnection now or when it happens.</summary>
    public void CheckForDisconnect() => _reader.CheckForDisconnect();

    /// <summary>Cancels <see cref="ConnectionClosed"/> once, because the client has disconnected or this side closes.</summary>
    public void FireConnectionClosed()
    {
        if (Interlocked.Exchange(ref _isConnectionClosedFired, 1) == 0)
            _ = CancelConnectionClosedTokenAsync();
    }

    public override void Abort(ConnectionAbortedException abortReason)
    {
        _reader.SetCloseReason(abortReason);
        _stream.Dispose();
        FireConnectionClosed();
    }

    /// <summary>Closes the connection while the application may still be using it.</summary>
    public void ForceClose()
    {
        Abort(new ConnectionAbortedException("The server has stopped."));
        Complete();
    }

    public override async ValueTask DisposeAsync()
    {
        _reader.Complete();
        _writer.Complete();
        await _writer.DrainAsync().ConfigureAwait(false);
        _reader.SetCloseReason(ClosedByServer);
        _stream.Dispose();
        if (Interlocked.Exchange(ref _isConnectionClosedFired, 1) == 0)
            await CancelConnectionClosedTokenAsync().ConfigureAwait(false);
        Complete();
        await base.DisposeAsync().ConfigureAwait(false);
    }

    private void Complete()
    {
        _monitor.Remove(this);
        _completion.TrySetResult();
    }

    private async Task CancelConnectionClosedTokenAsync()
    {
        try
        {
            await _connectionClosed.CancelAsync().ConfigureAwait(false); // runs the callbacks on the thread pool
        }
#pragma warning disable CA1031 // an exception of the application's callbacks must neither end the process nor keep the connection open
        catch (Exception e)
#pragma warning restore CA1031
        {
            TransportLog.ConnectionClosedCallbackFailed(_logger, _localEndPoint.ToString()!, e);
        }
    }
}

/// <summary>The features of a connection in an array: for a dozen of them it is smaller, and a search faster, than a dictionary.</summary>
internal sealed class ConnectionFeatureCollection : IFeatureCollection
{
    private const int InitialCapacity = 12;

    private KeyValuePair<Type, object>[] _features = new KeyValuePair<Type, object>[InitialCapacity];
    private int _count;

    /// <param name="instance">The object that implements the initial features.</param>
    /// <param name="keys">The types of these features.</param>
    public ConnectionFeatureCollection(object instance, ReadOnlySpan<Type> keys)
    {
        foreach (var key in keys)
            _features[_count++] = new(key, instance);
    }

    public bool IsReadOnly => false;

    public int Revision { get; private set; }

    public object? this[Type key]
    {
        get => IndexOf(key) is >= 0 and var index ? _features[index].Value : null;
        set
        {
            ArgumentNullException.ThrowIfNull(key);
            Revision++;
            var index = IndexOf(key);
            if (value is null)
            {
                if (index >= 0)
                    _features[index] = _features[--_count];
                return;
            }

            if (index < 0)
                index = _count++;
            if (index == _features.Length)
                Array.Resize(ref _features, _features.Length * 2);
            _features[index] = new(key, value);
        }
    }

    public TFeature? Get<TFeature>() => (TFeature?)this[typeof(TFeature)];

    public void Set<TFeature>(TFeature? instance) => this[typeof(TFeature)] = instance;

    public IEnumerator<KeyValuePair<Type, object>> GetEnumerator() => _features.Take(_count).GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    private int IndexOf(Type key)
    {
        var features = _features.AsSpan(0, _count);
        for (var i = 0; i < features.Length; i++)
        {
            if (ReferenceEquals(features[i].Key, key))
                return i;
        }

        return -1;
    }
}
