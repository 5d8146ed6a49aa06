using System.Collections.Concurrent;
using System.Diagnostics;

namespace Samehost.PeerTests.Support;

/// <summary>Programs of others. A test whose program is not installed is skipped, with the name of the Debian package.</summary>
internal static class ForeignProgram
{
    public static string Netcat => Need("nc", "netcat-openbsd");

    public static string Socat => Need("socat", "socat");

    public static string Python => Need("python3", "python3");

    public static string Script => Need("script", "bsdutils");

    public static string SetPriv => Need("setpriv", "util-linux");

    public static string SystemdNotifier => Need("systemd-notify", "systemd");

    public static string SystemdSocketActivate => Need("systemd-socket-activate", "systemd");

    public static string Logger => Need("logger", "bsdutils");

    public static string Curl => Need("curl", "curl");

    public static string H2Load => Need("h2load", "nghttp2-client");

    public static string NgHttp => Need("nghttp", "nghttp2-client");

    public static string Nginx => Need("nginx", "nginx-light");

    public static string HaProxy => Need("haproxy", "haproxy");

    public static string OpenSsl => Need("openssl", "openssl");

    public static string Ssh => Need("ssh", "openssh-client");

    public static string SshServer => Need("sshd", "openssh-server");

    public static string Podman => Need("podman", "podman");

    public static string Containerd => Need("containerd", "containerd");

    public static string Node => Need("node", "nodejs");

    public static string SocketStatistics => Need("ss", "iproute2");

    public static string ListOpenFiles => Need("lsof", "lsof");

    public static string Compiler => Need("cc", "gcc");

    public static string Xvfb => Need("Xvfb", "xvfb");

    public static string Xdpyinfo => Need("xdpyinfo", "x11-utils");

    private static string Need(string name, string package)
    {
        // Daemons are in /usr/sbin, which is not in the PATH of an ordinary user.
        var found = (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':').Append("/usr/sbin")
            .Select(directory => Path.Join(directory, name)).FirstOrDefault(File.Exists);
        if (found is null)
            Assert.Skip($"install the Debian package {package}");
        return found;
    }
}

/// <summary>The C programs of this project, compiled when a test first needs them.</summary>
internal static class CPeer
{
    private static readonly ConcurrentDictionary<string, Lazy<string>> Compiled = new();
    private static readonly Lazy<string> Folder = new(MakeFolder);

    /// <summary>Returns the path of the executable of <c>CPeers/NAME.c</c>.</summary>
    public static string Find(string name)
    {
        var compiler = ForeignProgram.Compiler;
        return Compiled.GetOrAdd(name, _ => new Lazy<string>(() => Compile(compiler, name))).Value;
    }

    private static string Compile(string compiler, string name)
    {
        var source = Path.Join(AppContext.BaseDirectory, "CPeers", name + ".c");
        var target = Path.Join(Folder.Value, name);
        using var run = Process.Start(compiler, ["-O1", "-Wall", "-o", target, source]);
        run.WaitForExit();
        Assert.Equal(0, run.ExitCode);
        return target;
    }

    private static string MakeFolder()
    {
        var folder = Directory.CreateTempSubdirectory("cpeers-").FullName;
        AppDomain.CurrentDomain.ProcessExit += (_, _) => Directory.Delete(folder, recursive: true);
        return folder;
    }
}
