using Samehost.PeerTests.Support;

namespace Samehost.PeerTests.Web;

/// <summary>The programs in JavaScript, which need packages from npm.</summary>
internal static class NodePrograms
{
    // …/tests/Samehost.PeerTests/bin/CONFIGURATION/FRAMEWORK/ is where we are.
    private static string Folder { get; } = Path.GetFullPath(Path.Join(AppContext.BaseDirectory, "../../../Web/Node"));

    public static string Find(string name)
    {
        if (!Directory.Exists(Path.Join(Folder, "node_modules")))
            Assert.Skip("run npm ci in tests/Samehost.PeerTests/Web/Node (Debian package npm)");
        return Path.Join(Folder, name);
    }

    public static RunningProgram Start(string name, params string[] arguments) =>
        RunningProgram.Start(ForeignProgram.Node, [Find(name), .. arguments]);
}
