using System.Collections.Immutable;
using System.Globalization;
using Samehost.PeerTests.Support;
using Samehost.PeerTests.Web;

namespace Samehost.PeerTests.HowTo;

/// <summary>Runs the commands of a page with the programs that it names, and compares their output with the page.</summary>
public sealed class HowToStepsTests : IDisposable
{
    // Programs are started in the background, so a client repeats its request until they listen.
    private const string Prelude = """
        set -eu
        trap 'kill $(jobs -p) 2>/dev/null || true; wait' EXIT
        curl() {
            for attempt in $(seq 150); do
                if command curl -sS -D curl.head "$@" >curl.body 2>curl.log && ! grep -q '^HTTP/[^ ]* 50[234]' curl.head; then
                    cat curl.body
                    return 0
                fi
                sleep 0.1
            done
            cat curl.log curl.body >&2
            return 1
        }
        ssh() { exec ssh -F ssh_config "$@"; }

        """;

    private readonly TestFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact(Timeout = 180_000)]
    public async Task The_commands_of_the_page_outgrow_one_machine_print_its_output()
    {
        var compiler = PageCompiler.Need();
        var path = string.Join(':', new[]
        {
            ForeignProgram.Curl, ForeignProgram.OpenSsl, ForeignProgram.Nginx, ForeignProgram.HaProxy, ForeignProgram.Ssh,
        }.Select(Path.GetDirectoryName).Append("/usr/bin:/bin").Distinct());
        var sshServer = ForeignProgram.SshServer;
        OrdinaryUser.NeedRoot(); // nginx and HAProxy change their user
        var page = await File.ReadAllTextAsync(Path.Join(HowToTests.Folder, "outgrow-one-machine.md"), Stop);
        var steps = HowToSteps.Parse(page, GetReplacements());
        foreach (var file in steps.Files)
            await File.WriteAllTextAsync(_folder[file.Language == "haproxy" ? "haproxy.cfg" : $"{file.Language}.conf"], file.Content, Stop);
        await File.WriteAllTextAsync(_folder["steps.sh"], Prelude + steps.Script(), Stop);
        var program = await compiler.CompileAsync(steps.Program, _folder);
        WriteProgram("greeter", $"""
            #!/bin/sh
            exec "{PageCompiler.Runtime}" exec "{program}" "$@" >> greeter.log 2>&1
            """);
        await PrepareSshAsync(sshServer);
        // The users of nginx and HAProxy have to access the sockets.
        File.SetUnixFileMode(_folder.Root, (UnixFileMode)Convert.ToInt32("755", 8));

        var run = await PageProcess.RunAsync(_folder.Root, PageCompiler.Environment.Add("PATH", path), "bash", "steps.sh");

        var log = File.Exists(_folder["greeter.log"]) ? await File.ReadAllTextAsync(_folder["greeter.log"], Stop) : "";
        Assert.True(run.Status == 0, $"Exit status {run.Status}. It printed:\n{run.Output}{run.Errors}{log}");
        Assert.True(steps.DifferenceFrom(run.Output) is null, steps.DifferenceFrom(run.Output) + run.Errors + log);
    }

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    // Replacements of the paths and ports of the page; longer ones first.
    private Dictionary<string, string> GetReplacements() => new()
    {
        ["greeter.example:8443"] = "127.0.0.1:8443",
        ["8443"] = FreePort.Next().ToString(CultureInfo.InvariantCulture),
        ["8080"] = FreePort.Next().ToString(CultureInfo.InvariantCulture),
        ["8081"] = FreePort.Next().ToString(CultureInfo.InvariantCulture),
        ["/run/user/1000/greeter.sock"] = _folder["forwarded.sock"],
        ["/run/greeter"] = _folder.Root,
        ["/etc/greeter"] = _folder.Root,
    };

    // Configures an sshd that ssh starts instead of connecting to a port.
    private async Task PrepareSshAsync(string server)
    {
        Directory.CreateDirectory("/run/sshd"); // sshd requires it; Debian's unit creates it
        foreach (var key in new[] { "hostkey", "userkey" })
        {
            var result = await PageProcess.RunAsync(
                _folder.Root, ImmutableDictionary<string, string>.Empty, "ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", key);
            Assert.True(result.Status == 0, result.Errors);
        }

        await File.WriteAllTextAsync(_folder["sshd_config"], $"""
            HostKey {_folder["hostkey"]}
            AuthorizedKeysFile {_folder["userkey.pub"]}
            StrictModes no
            UsePAM yes
            PermitRootLogin yes

            """, Stop);
        await File.WriteAllTextAsync(_folder["ssh_config"], $"""
            Host *
            ProxyCommand {server} -i -f {_folder["sshd_config"]}
            IdentityFile {_folder["userkey"]}
            User root
            StrictHostKeyChecking no
            UserKnownHostsFile /dev/null
            LogLevel ERROR

            """, Stop);
    }

    private void WriteProgram(string name, string text)
    {
        File.WriteAllText(_folder[name], text + "\n");
        File.SetUnixFileMode(_folder[name], (UnixFileMode)Convert.ToInt32("755", 8));
    }
}
