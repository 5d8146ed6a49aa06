using System.Globalization;
using Samehost.PeerTests.Interop;
using Samehost.PeerTests.Support;

namespace Samehost.PeerTests.HowTo;

/// <summary>Compiles and runs the first two programs of the README as new projects.</summary>
public sealed class FirstProgramTests : IDisposable
{
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;

    private readonly TestFolder _server = new();
    private readonly TestFolder _client = new();
    private readonly TestFolder _runtime = new();

    public FirstProgramTests() => File.SetUnixFileMode(_runtime.Root, OwnerOnly);

    public void Dispose()
    {
        _server.Dispose();
        _client.Dispose();
        _runtime.Dispose();
    }

    [Fact(Timeout = 300_000)]
    public async Task The_server_of_the_README_deletes_its_file_at_every_signal_and_its_client_works()
    {
        var compiler = PageCompiler.Need();
        PageBlock[] programs = [.. PageBlock.All(File.ReadAllText(Path.Join(HowToTests.Folder, "../../README.md")))
            .Where(b => b.Language == "csharp").Take(2)];
        var server = await compiler.CompileAsync(programs[0].Content, _server);
        var client = await compiler.CompileAsync(programs[1].Content, _client);
        (int First, int Second)[] ways =
        [
            (LibcSignal.SIGINT, 0), (LibcSignal.SIGTERM, 0), (LibcSignal.SIGHUP, 0), (LibcSignal.SIGINT, LibcSignal.SIGINT),
            (LibcSignal.SIGTERM, LibcSignal.SIGTERM), (LibcSignal.SIGHUP, LibcSignal.SIGTERM), (LibcSignal.SIGINT, LibcSignal.SIGTERM),
        ];
        foreach (var (first, second) in ways)
        {
            await using var running = Start(server);
            var environment = PageCompiler.Environment.Add("XDG_RUNTIME_DIR", _runtime.Root);
            var asked = await PageProcess.RunAsync(_client.Root, environment, PageCompiler.Runtime, "exec", client);
            Assert.Equal("Hi, g1\n", asked.Output);
            while (!Catches(running.Id, LibcSignal.SIGHUP)) // until its handler is registered
                await Task.Delay(2, TestContext.Current.CancellationToken);
            running.Signal(first);
            if (second > 0)
                _ = LibcSignal.Kill(running.Id, second);
            await running.ExpectExitAsync(0);
            Assert.Empty(_runtime.Names);
        }
    }

    private RunningProgram Start(string program) => RunningProgram.Start(
        "env", [$"XDG_RUNTIME_DIR={_runtime.Root}", .. PageCompiler.Environment.Select(v => $"{v.Key}={v.Value}"),
            PageCompiler.Runtime, "exec", program]);

    private static bool Catches(int process, int signal)
    {
        var caught = File.ReadLines($"/proc/{process}/status").First(line => line.StartsWith("SigCgt:", StringComparison.Ordinal))[7..];
        return (ulong.Parse(caught.Trim(), NumberStyles.HexNumber, CultureInfo.InvariantCulture) & (1ul << (signal - 1))) != 0;
    }
}
