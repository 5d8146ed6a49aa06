namespace Samehost.PeerTests.Support;

/// <summary>Where the four executables are: those built with these tests, or native ones from the directory in SAMEHOST_PROGRAMS.</summary>
internal static class Programs
{
    public static string StreamServer => Find("unixstreamserver");

    public static string StreamClient => Find("unixstreamclient");

    public static string DataServer => Find("unixdataserver");

    public static string DataClient => Find("unixdataclient");

    /// <summary>The second process of our own tests, for what only a program that was started can show.</summary>
    public static string TestPeer => Build("tests", "Samehost.TestPeer");

    /// <summary>The runtime that runs the tests, for the executables that need one.</summary>
    public static string RuntimeRoot { get; } =
        Path.GetFullPath(Path.Join(Path.GetDirectoryName(typeof(object).Assembly.Location), "../../.."));

    public static string Find(string name)
    {
        if (Environment.GetEnvironmentVariable("SAMEHOST_PROGRAMS") is { Length: > 0 } given)
        {
            string nested = Path.GetFullPath(Path.Join(given, name, name));
            return File.Exists(nested) ? nested : Path.GetFullPath(Path.Join(given, name));
        }

        return Build("programs", name);
    }

    /// <summary>A sample, which is never built natively here.</summary>
    public static string Sample(string name, string folder = "") => Build(Path.Join("samples", folder), name);

    // …/tests/Samehost.PeerTests/bin/CONFIGURATION/FRAMEWORK/ tells which build of the programs belongs to us.
    private static string Build(string folder, string name)
    {
        var framework = new DirectoryInfo(AppContext.BaseDirectory.TrimEnd('/'));
        DirectoryInfo configuration = framework.Parent!;
        string root = configuration.Parent!.Parent!.Parent!.Parent!.FullName;
        return Path.Join(root, folder, name, "bin", configuration.Name, framework.Name, name);
    }
}
