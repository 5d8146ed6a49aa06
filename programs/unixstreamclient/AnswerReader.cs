namespace Samehost.Programs;

/// <summary>Reads the server's answers, and detects that the server closes while standard input is read.</summary>
internal sealed class AnswerReader(UnixStream server)
{
    // An answer may be as long as the longest line and the greeting before it.
    private readonly MessageReader _messages = new(server.ReadAsync, MessageReader.Limit + 64) { AcceptsBlocks = true };
    private Task<ReadOnlyMemory<byte>?>? _unasked;

    public static ProgramException ServerTerminated() => new("server terminated prematurely");

    /// <summary>Reads the next answer.</summary>
    /// <exception cref="ProgramException">The server closed the connection.</exception>
    public async ValueTask<ReadOnlyMemory<byte>> NextAsync(CancellationToken cancellationToken)
    {
        var answer = _unasked is null ? await _messages.NextAsync(cancellationToken) : await _unasked;
        _unasked = null;
        return answer ?? throw ServerTerminated();
    }

    /// <summary>Waits for the next line of standard input, and prints what the server sends unasked meanwhile.</summary>
    public async ValueTask<ReadOnlyMemory<byte>?> WaitForLineAsync(
        ValueTask<ReadOnlyMemory<byte>?> line, CancellationToken cancellationToken)
    {
        if (line.IsCompleted)
            return await line;
        var lineTask = line.AsTask();
        while (true)
        {
            _unasked ??= _messages.NextAsync(cancellationToken).AsTask();
            if (await Task.WhenAny(lineTask, _unasked) == lineTask)
                return await lineTask;
            Output.Line((await NextAsync(cancellationToken)).Span);
        }
    }
}
