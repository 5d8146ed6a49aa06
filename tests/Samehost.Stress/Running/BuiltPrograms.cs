namespace Samehost.Stress.Running;

/// <summary>The other programs of this repository, of the same build.</summary>
internal static class BuiltPrograms
{
    // …/tests/Samehost.Stress/bin/CONFIGURATION/FRAMEWORK/
    private static readonly DirectoryInfo Framework = new(AppContext.BaseDirectory.TrimEnd('/'));
    private static readonly DirectoryInfo Configuration = Framework.Parent!;

    private static string Root => Configuration.Parent!.Parent!.Parent!.Parent!.FullName;

    /// <summary>How the peer of the other tests is started.</summary>
    public static string[] Peer =>
        [ProcessGroup.Host, "exec", Path.Join(OutputOf("tests", "Samehost.TestPeer"), "Samehost.TestPeer.dll")];

    public static string Tool => Path.Join(OutputOf("src", "Samehost.Tool"), "samehost");

    public static string Corpus => Path.Join(Root, "tests", "Samehost.Stress", "Corpus");

    /// <summary>Copies a build to where another user can read it.</summary>
    public static string CopyForOthers(string directory)
    {
        var target = Path.Join(directory, "build");
        foreach (var file in Directory.GetFiles(AppContext.BaseDirectory))
        {
            var copy = Path.Join(Directory.CreateDirectory(target).FullName, Path.GetFileName(file));
            File.Copy(file, copy, overwrite: true);
            File.SetUnixFileMode(copy, (UnixFileMode)0b110_100_100);
        }
        File.SetUnixFileMode(target, (UnixFileMode)0b111_101_101);
        return Path.Join(target, "Samehost.Stress.dll");
    }

    private static string OutputOf(string folder, string project) =>
        Path.Join(Root, folder, project, "bin", Configuration.Name, Framework.Name);
}
