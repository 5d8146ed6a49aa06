namespace Samehost.Programs;

/// <summary>Reads the server's answers, and notices a server that goes away while the user is still typing.</summary>
internal sealed class AnswerReader(UnixStream server)
{
    // An answer may be as long as the longest line and a greeting.
    private readonly MessageReader _messages = new(server.ReadAsync, MessageReader.Limit + 64) { AcceptsBlocks = true };
    private Task<ReadOnlyMemory<byte>?>? _early;

    public static ProgramException ServerIsGone() => new("server terminated prematurely");

    public async ValueTask<ReadOnlyMemory<byte>> NextAsync(CancellationToken stop)
    {
        ReadOnlyMemory<byte>? answer = _early is null ? await _messages.NextAsync(stop) : await _early;
        _early = null;
        return answer ?? throw ServerIsGone();
    }

    /// <summary>Waits for the user's next line; prints what the server says of its own accord meanwhile.</summary>
    public async ValueTask<ReadOnlyMemory<byte>?> WatchAsync(ValueTask<ReadOnlyMemory<byte>?> line, CancellationToken stop)
    {
        if (line.IsCompleted)
            return await line;
        Task<ReadOnlyMemory<byte>?> typed = line.AsTask();
        while (true)
        {
            _early ??= _messages.NextAsync(stop).AsTask();
            if (await Task.WhenAny(typed, _early) == typed)
                return await typed;
            Output.Line((await NextAsync(stop)).Span);
        }
    }
}
