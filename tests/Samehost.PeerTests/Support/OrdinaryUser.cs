using Samehost.PeerTests.Interop;

namespace Samehost.PeerTests.Support;

/// <summary>Runs a program as nobody, which only root can.</summary>
internal static class OrdinaryUser
{
    private const string Nobody = "65534";

    public static void NeedRoot()
    {
        if (LibcSignal.EffectiveUser() != 0)
            Assert.Skip("run the tests as root: only root can start a program as another user");
    }

    /// <summary>Starts a copy of the program, because the build directory may lie in a home that nobody else can enter.</summary>
    public static RunningProgram Start(TestFolder folder, string program, params string[] arguments)
    {
        string copies = folder["programs"];
        Open(folder.Root);
        Open(Directory.CreateDirectory(copies).FullName);
        string source = Path.GetDirectoryName(program)!;
        foreach (string file in Directory.EnumerateFiles(source))
        {
            string copy = Path.Join(copies, Path.GetFileName(file));
            File.Copy(file, copy, overwrite: true);
            Open(copy);
        }
        string[] user = [$"--reuid={Nobody}", $"--regid={Nobody}", "--clear-groups", "env", $"TMPDIR={Path.GetTempPath()}"];
        return RunningProgram.Start(ForeignProgram.SetPriv, [.. user, Path.Join(copies, Path.GetFileName(program)), .. arguments]);
    }

    private static void Open(string path) => File.SetUnixFileMode(path, (UnixFileMode)Convert.ToInt32("755", 8));
}
