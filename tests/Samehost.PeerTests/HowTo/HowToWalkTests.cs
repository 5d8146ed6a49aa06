using System.Collections.Immutable;
using System.Globalization;
using Samehost.PeerTests.Support;
using Samehost.PeerTests.Web;

namespace Samehost.PeerTests.HowTo;

/// <summary>The commands of a page do what the page says, with the programs that it names.</summary>
public sealed class HowToWalkTests : IDisposable
{
    // Programs are started in the background: a caller comes again until somebody is there.
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
    public async Task The_way_beyond_one_machine_can_be_walked()
    {
        var compiler = PageCompiler.Need();
        string path = string.Join(':', new[]
        {
            ForeignProgram.Curl, ForeignProgram.OpenSsl, ForeignProgram.Nginx, ForeignProgram.HaProxy, ForeignProgram.Ssh,
        }.Select(Path.GetDirectoryName).Append("/usr/bin:/bin").Distinct());
        string sshServer = ForeignProgram.SshServer;
        OrdinaryUser.NeedRoot(); // nginx and HAProxy become users of their own
        var walk = HowToWalk.Parse(await File.ReadAllTextAsync(Path.Join(HowToTests.Folder, "outgrow-one-machine.md"), Stop), Here());
        foreach (PageBlock file in walk.Files)
            await File.WriteAllTextAsync(_folder[file.Language == "haproxy" ? "haproxy.cfg" : $"{file.Language}.conf"], file.Content, Stop);
        await File.WriteAllTextAsync(_folder["walk.sh"], Prelude + walk.Script(), Stop);
        string program = await compiler.CompileAsync(walk.Program, _folder);
        WriteProgram("greeter", $"""
            #!/bin/sh
            exec "{PageCompiler.Runtime}" exec "{program}" "$@" >> greeter.log 2>&1
            """);
        await PrepareSshAsync(sshServer);
        // Users whom nginx and HAProxy become have to get at the sockets.
        File.SetUnixFileMode(_folder.Root, (UnixFileMode)Convert.ToInt32("755", 8));

        var run = await PageProcess.RunAsync(_folder.Root, PageCompiler.Environment.Add("PATH", path), "bash", "walk.sh");

        string log = File.Exists(_folder["greeter.log"]) ? await File.ReadAllTextAsync(_folder["greeter.log"], Stop) : "";
        Assert.True(run.Status == 0, $"Exit status {run.Status}. It printed:\n{run.Output}{run.Errors}{log}");
        Assert.True(walk.DifferenceFrom(run.Output) is null, walk.DifferenceFrom(run.Output) + run.Errors + log);
    }

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    // Where the page's places are in this test; longer ones first.
    private Dictionary<string, string> Here() => new()
    {
        ["greeter.example:8443"] = "127.0.0.1:8443",
        ["8443"] = FreePort.Next().ToString(CultureInfo.InvariantCulture),
        ["8080"] = FreePort.Next().ToString(CultureInfo.InvariantCulture),
        ["8081"] = FreePort.Next().ToString(CultureInfo.InvariantCulture),
        ["/run/user/1000/greeter.sock"] = _folder["forwarded.sock"],
        ["/run/greeter"] = _folder.Root,
        ["/etc/greeter"] = _folder.Root,
    };

    // An sshd of our own, which ssh starts instead of connecting to a port.
    private async Task PrepareSshAsync(string server)
    {
        Directory.CreateDirectory("/run/sshd"); // as Debian's unit does: sshd asks for it
        foreach (string key in new[] { "hostkey", "userkey" })
        {
            var made = await PageProcess.RunAsync(
                _folder.Root, ImmutableDictionary<string, string>.Empty, "ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", key);
            Assert.True(made.Status == 0, made.Errors);
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
