namespace Samehost.PeerTests.Support;

/// <summary>Programs that systemd-socket-activate starts when the first client comes.</summary>
internal static class SocketActivation
{
    /// <summary>Comes back when the sockets that <paramref name="options"/> name by path can be connected to.</summary>
    public static async Task<RunningProgram> StartAsync(string[] options, params string[] command)
    {
        string[] passOn = [$"--setenv=DOTNET_ROOT={Programs.RuntimeRoot}", "--setenv=PATH", "--setenv=HOME=/tmp"];
        RunningProgram program = RunningProgram.Start(ForeignProgram.SystemdSocketActivate, [.. passOn, .. options, .. command]);
        foreach (string path in options.Where(o => o.StartsWith('/')))
            await SocketTable.WaitForServerAsync(path);
        return program;
    }
}
