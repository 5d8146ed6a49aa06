using Samehost.Tool.Commands;
using Samehost.Tool.Output;
using Samehost.Tool.Processes;

namespace Samehost.Tool.Tours;

/// <summary>
/// A client that may not connect. Root is refused nothing, so it plays the stranger as another user; everybody else can take the
/// permission away from himself.
/// </summary>
internal sealed class Permissions(Terminal terminal, Workplace workplace, CancellationToken stop) : Scene(terminal, workplace, stop)
{
    private const string Refused = "connect failed: Permission denied (13)";
    private const int Stranger = 65534;

    public async Task ShowAsync()
    {
        Terminal.Subheading("No permission");
        if (Environment.IsPrivilegedProcess)
            await AsStrangerAsync();
        else
            await WithoutWritePermissionAsync();
    }

    private async Task AsStrangerAsync()
    {
        using IDisposable passing = Workplace.LetOthersPass();
        string said;
        try
        {
            said = (await Workplace.StartAs(Stranger, StreamClient, StreamSocket).EndAsync(Stop)).Errors;
        }
        catch (ToolException error)
        {
            said = error.Message;
        }
        Terminal.Shell($"{StreamClient} {StreamSocket}", $"(as user {Stranger})");
        if (said == Refused)
            Terminal.Said(Speaker.Client, said);
        else
            Note($"not shown: user {Stranger} cannot run programs from here; else: {Refused[16..]}");
        Why("the socket file has mode 0600: only its owner and root may connect");
    }

    private async Task WithoutWritePermissionAsync()
    {
        string path = Workplace.PathOf(StreamSocket);
        UnixFileMode before = File.GetUnixFileMode(path);
        Terminal.Shell($"chmod 0400 {StreamSocket}");
        File.SetUnixFileMode(path, UnixFileMode.UserRead);
        Terminal.Shell($"{StreamClient} {StreamSocket}");
        await ExpectFailureAsync(Workplace.Start(StreamClient, StreamSocket), Speaker.Client, Refused);
        Why("connecting takes write permission on the file, even for its owner");
        Terminal.Shell($"chmod {Convert.ToString((int)before, 8).PadLeft(4, '0')} {StreamSocket}");
        File.SetUnixFileMode(path, before);
    }
}
