namespace Samehost.Programs;

/// <summary>Reads the server's answers, and detects that the server closes while the user types.</summary>
internal sealed class AnswerReader(UnixStream server)
{
    // An answer is as long as the line and the greeting.
    private readonly MessageReader _messages = new(server.ReadAsync, MessageReader.Limit + 64) { AcceptsBlocks = true };
    private Task<ReadOnlyMemory<byte>?>? _early;

    public static ProgramException ServerTerminated() => new("server terminated prematurely");

    public async ValueTask<ReadOnlyMemory<byte>> NextAsync(CancellationToken cancellationToken)
    {
        ReadOnlyMemory<byte>? answer = _early is null ? await _messages.NextAsync(cancellationToken) : await _early;
        _early = null;
        return answer ?? throw ServerTerminated();
    }

    /// <summary>Waits for the user's next line, and prints unsolicited lines of the server meanwhile.</summary>
    public async ValueTask<ReadOnlyMemory<byte>?> WaitForLineAsync(
        ValueTask<ReadOnlyMemory<byte>?> line, CancellationToken cancellationToken)
    {
        if (line.IsCompleted)
            return await line;
        Task<ReadOnlyMemory<byte>?> typed = line.AsTask();
        while (true)
        {
            _early ??= _messages.NextAsync(cancellationToken).AsTask();
            if (await Task.WhenAny(typed, _early) == typed)
                return await typed;
            Output.Line((await NextAsync(cancellationToken)).Span);
        }
    }
}
