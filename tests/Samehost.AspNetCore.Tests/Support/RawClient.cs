using System.Text;

namespace Samehost.AspNetCore.Tests.Support;

/// <summary>A client connection with access to its raw bytes.</summary>
internal sealed class RawClient(UnixStream stream) : IDisposable
{
    public const string Get = "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n";

    public UnixStream Stream => stream;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public ValueTask SendAsync(string text) => stream.WriteAsync(Encoding.ASCII.GetBytes(text), Token);

    /// <summary>Reads until the text contains a string, or to the end of the connection.</summary>
    public async Task<string> ReadUntilAsync(string end)
    {
        var text = new StringBuilder();
        var buffer = new byte[4096];
        while (!text.ToString().Contains(end, StringComparison.Ordinal))
        {
            int count;
            try
            {
                count = await stream.ReadAsync(buffer, Token);
            }
            catch (IOException)
            {
                break; // reset: the server closed without reading everything
            }

            if (count == 0)
                break;
            text.Append(Encoding.ASCII.GetString(buffer, 0, count));
        }

        return text.ToString();
    }

    public Task<string> ReadToEndAsync() => ReadUntilAsync("\0");

    public void Dispose() => stream.Dispose();
}
