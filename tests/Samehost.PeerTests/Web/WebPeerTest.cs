using Samehost.PeerTests.Support;

namespace Samehost.PeerTests.Web;

/// <summary>A test with a directory and a socket in it.</summary>
public abstract class WebPeerTest : IDisposable
{
    private readonly TestFolder _folder = new();

    protected string Socket => Path("web.sock");

    protected static CancellationToken Stop => TestContext.Current.CancellationToken;

    public void Dispose()
    {
        _folder.Dispose();
        GC.SuppressFinalize(this);
    }

    protected string Path(string name) => _folder[name];

    /// <summary>Runs a program to its end, which is to be a good one, and gives what it printed.</summary>
    protected static async Task<string[]> RunAsync(string program, params string[] arguments)
    {
        await using var run = RunningProgram.Start(program, arguments);
        run.CloseInput();
        var lines = new List<string>();
        while (await run.NextLineAsync() is { } line)
            lines.Add(line);
        var errors = new List<string>();
        while (await run.NextErrorAsync() is { } line)
            errors.Add(line);
        Assert.True(await run.ExitStatusAsync() == 0, string.Join('\n', errors));
        return [.. lines];
    }
}
