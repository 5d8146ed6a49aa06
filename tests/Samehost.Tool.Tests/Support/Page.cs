using System.Text.RegularExpressions;

namespace Samehost.Tool.Tests.Support;

/// <summary>
/// A page of <c>docs/tool/</c> whose terminal sessions are captured by tests: each is a block that begins with
/// <c>```console NAME</c>. With SAMEHOST_UPDATE_SNAPSHOT=1 the block is replaced instead of compared.
/// </summary>
internal static class Page
{
    public static void Shows(string page, string name, string transcript)
    {
        var path = Path.Join(Root(), "docs", "tool", page);
        var text = File.ReadAllText(path);
        var block = BlockOf(page, name);
        if (Environment.GetEnvironmentVariable("SAMEHOST_UPDATE_SNAPSHOT") == "1")
            File.WriteAllText(path, string.Concat(text.AsSpan(0, block.Index), transcript, text.AsSpan(block.Index + block.Length)));
        else
            Assert.Equal(block.Value, transcript);
    }

    /// <summary>As <see cref="Shows"/> for a session with figures that differ between runs: the lines have to be similar.</summary>
    public static void ShowsRows(string page, string name, string transcript, Func<string, string?> row)
    {
        if (Environment.GetEnvironmentVariable("SAMEHOST_UPDATE_SNAPSHOT") == "1")
        {
            Shows(page, name, transcript);
            return;
        }
        string[] shown = [.. Rows(BlockOf(page, name).Value)];
        Assert.NotEmpty(shown);
        Assert.Equal(shown, Rows(transcript));

        IEnumerable<string> Rows(string text) => text.Split('\n').Select(row).OfType<string>();
    }

    private static Match BlockOf(string page, string name)
    {
        var text = File.ReadAllText(Path.Join(Root(), "docs", "tool", page));
        var pattern = $"(?<=^```console {Regex.Escape(name)}\n).*?(?=\n```$)";
        var block = Regex.Match(text, pattern, RegexOptions.Multiline | RegexOptions.Singleline);
        Assert.True(block.Success, $"docs/tool/{page} has no block that begins with ```console {name}");
        return block;
    }

    private static string Root()
    {
        for (DirectoryInfo? directory = new(AppContext.BaseDirectory); directory is not null; directory = directory.Parent)
        {
            if (File.Exists(Path.Join(directory.FullName, "Samehost.slnx")))
                return directory.FullName;
        }
        throw new DirectoryNotFoundException("The tests are not inside the repository.");
    }
}
