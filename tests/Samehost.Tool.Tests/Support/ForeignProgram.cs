namespace Samehost.Tool.Tests.Support;

/// <summary>Other programs. A test is skipped, and names the Debian package, when one is missing.</summary>
internal static class ForeignProgram
{
    public static string Python => Need("python3", "python3");

    public static string Script => Need("script", "bsdutils");

    public static string SetPriv => Need("setpriv", "util-linux");

    public static string Socat => Need("socat", "socat");

    public static string Zsh => Need("zsh", "zsh");

    public static string Fish => Need("fish", "fish");

    public static string Groff => Need("groff", "groff-base");

    private static string Need(string name, string package)
    {
        var found = (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':')
            .Select(directory => Path.Join(directory, name)).FirstOrDefault(File.Exists);
        if (found is null)
            Assert.Skip($"install the Debian package {package}");
        return found;
    }
}
