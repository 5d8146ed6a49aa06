using Samehost.PeerTests.Support;

namespace Samehost.PeerTests.HowTo;

/// <summary>Compiles and runs the programs of the how-to pages, and compares their output with the page.</summary>
public sealed class HowToTests : IDisposable
{
    private readonly TestFolder _folder = new();

    public static TheoryData<string> Pages =>
        [.. Directory.EnumerateFiles(Folder, "*.md").Where(p => !HowToSteps.HasSteps(File.ReadAllText(p))).Select(p => Path.GetFileName(p))
            .Order(StringComparer.Ordinal)];

    // …/tests/Samehost.PeerTests/bin/CONFIGURATION/FRAMEWORK/ is the directory of the tests.
    internal static string Folder { get; } = Path.GetFullPath(Path.Join(AppContext.BaseDirectory, "../../../../../docs/how-to"));

    public void Dispose() => _folder.Dispose();

    [Theory(Timeout = 180_000)]
    [MemberData(nameof(Pages))]
    public async Task The_program_of_a_page_prints_the_output_of_the_page(string page)
    {
        var compiler = PageCompiler.Need();
        var how = HowToPage.Parse(await File.ReadAllTextAsync(Path.Join(Folder, page), TestContext.Current.CancellationToken));
        var program = await compiler.CompileAsync(how.Program, _folder);
        const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;
        var left = Directory.CreateDirectory(_folder["run"], OwnerOnly).FullName;
        var environment = PageCompiler.Environment.Add("XDG_RUNTIME_DIR", left).Add("TMPDIR", left);

        var run = await PageProcess.RunAsync(_folder.Root, environment, PageCompiler.Runtime, "exec", program);

        Assert.True(run.Status == 0, $"Exit status {run.Status}. It printed:\n{run.Output}{run.Errors}");
        Assert.True(how.DifferenceFrom(run.Output) is null, how.DifferenceFrom(run.Output));
        Assert.Empty(Directory.EnumerateFileSystemEntries(left));
    }
}
