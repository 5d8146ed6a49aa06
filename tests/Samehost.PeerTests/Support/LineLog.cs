using System.Text;

namespace Samehost.PeerTests.Support;

/// <summary>What one output of a process has printed so far, each byte a character, so that nothing is lost in decoding.</summary>
internal sealed class LineLog
{
    private readonly StringBuilder _text = new();
    private bool _ended;
    private TaskCompletionSource _news = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public LineLog(Stream source) => _ = PumpAsync(source);

    /// <summary>The next line without trailing blanks, complete or the last; null at the end.</summary>
    public Task<string?> NextAsync(TimeSpan deadline) => TakeAsync(deadline, text =>
    {
        int newline = text.IndexOf('\n');
        return newline >= 0 ? newline + 1 : _ended ? text.Length : -1;
    });

    /// <summary>The next characters, line or not, behind any blanks and NULs.</summary>
    public Task<string?> NextTextAsync(int length, TimeSpan deadline) => TakeAsync(deadline, text =>
    {
        int start = text.Length - text.TrimStart(['\0', '\n', '\r', ' ']).Length;
        return text.Length >= start + length ? start + length : _ended ? text.Length : -1;
    });

    public async Task<string[]> RestAsync(TimeSpan deadline)
    {
        var rest = new List<string>();
        while (await NextAsync(deadline) is { } line)
            rest.Add(line);
        return [.. rest];
    }

    /// <summary>Takes everything that is left, byte for byte, once the output has ended.</summary>
    public async Task<string> AllAsync(TimeSpan deadline)
    {
        while (true)
        {
            Task news;
            lock (_text)
            {
                if (_ended)
                {
                    string text = _text.ToString();
                    _text.Clear();
                    return text;
                }
                news = _news.Task;
            }
            await news.WaitAsync(deadline);
        }
    }

    private async Task<string?> TakeAsync(TimeSpan deadline, Func<string, int> lengthToTake)
    {
        using var source = new CancellationTokenSource(deadline);
        while (true)
        {
            Task news;
            string text;
            lock (_text)
            {
                news = _news.Task;
                text = _text.ToString();
                int length = lengthToTake(text);
                if (_ended && text.Length == 0)
                    return null;
                if (length >= 0)
                {
                    _text.Remove(0, length);
                    return text[..length].Trim('\0', '\n', '\r', ' ');
                }
            }
            await news.WaitAsync(source.Token).ContinueWith(_ => { }, TaskScheduler.Default);
            if (source.IsCancellationRequested)
                throw new TimeoutException($"no more output within {deadline.TotalSeconds} s, after \"{text}\"");
        }
    }

    private async Task PumpAsync(Stream source)
    {
        byte[] buffer = new byte[65536];
        int got = 1;
        while (got > 0)
        {
            try
            {
                got = await source.ReadAsync(buffer);
            }
            catch (Exception error) when (error is IOException or ObjectDisposedException)
            {
                got = 0; // the test closed the pipe
            }
            TaskCompletionSource news = _news;
            lock (_text)
            {
                _text.Append(Encoding.Latin1.GetString(buffer, 0, got));
                _ended = got == 0;
                _news = new(TaskCreationOptions.RunContinuationsAsynchronously);
            }
            news.SetResult();
        }
    }
}
