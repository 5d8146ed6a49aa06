using System.Threading.Channels;
using Samehost.Tool.Commands;
using Samehost.Tool.Transfer;

namespace Samehost.Tool.Serving;

/// <summary>One of the clients that standard input goes to, and what it has not taken yet.</summary>
internal sealed class AudienceMember : IInput
{
    private const int MostPieces = 16;

    private readonly Channel<byte[]> _pieces = Channel.CreateBounded<byte[]>(MostPieces);

    public async ValueTask<ReadOnlyMemory<byte>?> NextAsync(CancellationToken stop)
    {
        while (await _pieces.Reader.WaitToReadAsync(stop))
        {
            if (_pieces.Reader.TryRead(out byte[]? piece))
                return piece;
        }
        return default(ReadOnlyMemory<byte>?); // a bare null would be an empty piece
    }

    /// <summary>False when it has not made room within the time.</summary>
    public async Task<bool> OfferAsync(byte[] piece, TimeSpan patience)
    {
        if (_pieces.Writer.TryWrite(piece))
            return true;
        using var limit = new CancellationTokenSource(patience);
        try
        {
            await _pieces.Writer.WriteAsync(piece, limit.Token);
            return true;
        }
        catch (OperationCanceledException)
        {
            return false;
        }
        catch (ChannelClosedException)
        {
            return true; // it has left
        }
    }

    /// <summary>Nothing more will come.</summary>
    public void End() => _pieces.Writer.TryComplete();

    /// <summary>It did not keep up.</summary>
    public void Drop() => _pieces.Writer.TryComplete(new ToolException("it does not read, and others wait"));
}
