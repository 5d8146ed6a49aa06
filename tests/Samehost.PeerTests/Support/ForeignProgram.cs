namespace Samehost.PeerTests.Support;

/// <summary>Programs that we did not write. A test is skipped, naming the Debian package, only when one is absent.</summary>
internal static class ForeignProgram
{
    public static string Netcat => Need("nc", "netcat-openbsd");

    public static string Socat => Need("socat", "socat");

    public static string Python => Need("python3", "python3");

    public static string Script => Need("script", "bsdutils");

    public static string SetPriv => Need("setpriv", "util-linux");

    public static string SystemdNotify => Need("systemd-notify", "systemd");

    public static string SystemdSocketActivate => Need("systemd-socket-activate", "systemd");

    public static string Logger => Need("logger", "bsdutils");

    public static string SocketStatistics => Need("ss", "iproute2");

    public static string ListOpenFiles => Need("lsof", "lsof");

    public static string Compiler => Need("cc", "gcc");

    private static string Need(string name, string package)
    {
        string? found = (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':')
            .Select(directory => Path.Join(directory, name)).FirstOrDefault(File.Exists);
        if (found is null)
            Assert.Skip($"install the Debian package {package}");
        return found;
    }
}
