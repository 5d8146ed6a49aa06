using System.Collections.Concurrent;
using System.Diagnostics;

namespace Samehost.PeerTests.Support;

/// <summary>Our own C programs, compiled when a test first needs them.</summary>
internal static class CPeer
{
    private static readonly ConcurrentDictionary<string, Lazy<string>> Compiled = new();
    private static readonly Lazy<string> Folder = new(MakeFolder);

    /// <summary>The executable made from <c>CPeers/NAME.c</c>.</summary>
    public static string Find(string name)
    {
        string compiler = ForeignProgram.Compiler;
        return Compiled.GetOrAdd(name, _ => new Lazy<string>(() => Compile(compiler, name))).Value;
    }

    private static string Compile(string compiler, string name)
    {
        string source = Path.Join(AppContext.BaseDirectory, "CPeers", name + ".c");
        string target = Path.Join(Folder.Value, name);
        using Process run = Process.Start(compiler, ["-O1", "-Wall", "-o", target, source]);
        run.WaitForExit();
        Assert.Equal(0, run.ExitCode);
        return target;
    }

    private static string MakeFolder()
    {
        string folder = Directory.CreateTempSubdirectory("cpeers-").FullName;
        AppDomain.CurrentDomain.ProcessExit += (_, _) => Directory.Delete(folder, recursive: true);
        return folder;
    }
}
