using System.Collections.Immutable;
using System.Text.RegularExpressions;
using Samehost.AspNetCore;
using Samehost.Hosting;
using Samehost.Http;
using Xunit;

namespace Samehost.Tests.House;

/// <summary>The folders of the library are layers: each uses only those below it.</summary>
public sealed class LayerTests
{
    private static readonly ImmutableArray<string> BottomUp =
    [
        "Interop", "EventLoops", "Inspection", "Errors", "Addresses", "SocketFiles", "Ancillary", "Peers", "Sockets", "Framing", "Serving",
        "Systemd",
    ];

    private static readonly ImmutableArray<string> FoldersForTheWeb = ["Peers", "Transport"];

    private static readonly ImmutableArray<string> FoldersForDiagnostics = ["Sockets", "Explaining"];

    private static readonly string[] Sources = Repository.FilesUnder("src/Samehost", ".cs");

    [Fact]
    public void Every_folder_of_the_library_is_a_layer() =>
        Rule.HasNoExceptions(Sources.Where(f => !BottomUp.Contains(LayerOf(f))));

    [Fact]
    public void Every_folder_for_the_web_is_known_and_files_with_public_types_share_one_namespace() =>
        Rule.HasNoExceptions(Misplaced("Samehost.AspNetCore", FoldersForTheWeb));

    [Fact]
    public void Every_folder_for_diagnostics_is_known_and_files_with_public_types_share_one_namespace() =>
        Rule.HasNoExceptions(Misplaced("Samehost.Diagnostics", FoldersForDiagnostics));

    [Theory]
    [InlineData("Samehost.Hosting")]
    [InlineData("Samehost.Http")]
    public void A_small_package_has_one_namespace_and_no_folders(string name) =>
        Rule.HasNoExceptions(
            from file in Repository.FilesUnder($"src/{name}", ".cs")
            let space = Regex.Match(Repository.CodeOf(file), @"^namespace (.+);", RegexOptions.Multiline).Groups[1].Value
            where file.Split('/').Length != 3 || space != name
            select $"{file}: {space}");

    /// <summary>A client of a local server needs no ASP.NET Core, and the library needs no other package.</summary>
    [Fact]
    public void Packages_use_only_packages_below_them()
    {
        Assert.DoesNotContain(
            Referenced(typeof(UnixEndPoint)), name => Regex.IsMatch(name, @"^(?:Samehost\b|Microsoft\.(?:AspNetCore|Extensions)\b)"));
        Assert.DoesNotContain(Referenced(typeof(UnixHttp)), name => Regex.IsMatch(name, @"^(?:Samehost\.|Microsoft\.AspNetCore\b)"));
        Assert.DoesNotContain(
            Referenced(typeof(UnixHostedServer)), name => Regex.IsMatch(name, @"^(?:Samehost\.|Microsoft\.AspNetCore\b)"));
        Assert.DoesNotContain(Referenced(typeof(IUnixPeerFeature)), name => Regex.IsMatch(name, @"^Samehost\.(?!Hosting$)"));

        static IEnumerable<string> Referenced(Type type) => type.Assembly.GetReferencedAssemblies().Select(a => a.Name!);
    }

    [Fact]
    public void Layers_use_only_layers_below_them()
    {
        // A type name that two layers have counts for the lower one; the compiler does not let public types share one.
        var heightOfType = Sources.SelectMany(f => Declaration.In(f).Select(d => (Name: d.Name, Height: Height(f))))
            .GroupBy(t => t.Name).ToDictionary(g => g.Key, g => g.Min(t => t.Height));

        Rule.HasNoExceptions(Sources.SelectMany(file => UsesOfLayersAbove(file, heightOfType)));
    }

    [Fact]
    public void The_event_loop_does_not_use_errors() =>
        Rule.HasNoExceptions(Repository.FilesUnder("src/Samehost/EventLoops", ".cs")
            .SelectMany(f => Repository.Places(f, Repository.CodeOf(f), @"\b(?:Errno|UnixSocketException)\b")));

    /// <summary>Framing has a public namespace of its own. Internal types in a file of public ones share their namespace.</summary>
    [Fact]
    public void Files_with_public_types_have_one_namespace_and_the_others_that_of_their_layer() =>
        Rule.HasNoExceptions(
            from file in Sources
            let code = Repository.CodeOf(file)
            let space = Regex.Match(code, @"^namespace (.+);", RegexOptions.Multiline).Groups[1].Value
            let isPublic = Declaration.In(file).Any(t => t.IsPublic) && LayerOf(file) != "Framing"
            where space != (isPublic ? "Samehost" : "Samehost." + LayerOf(file))
            select $"{file}: {space}");

    private static IEnumerable<string> Misplaced(string package, ImmutableArray<string> folders) =>
        from file in Repository.FilesUnder("src/" + package, ".cs")
        let folder = LayerOf(file)
        let space = Regex.Match(Repository.CodeOf(file), @"^namespace (.+);", RegexOptions.Multiline).Groups[1].Value
        let isPublic = Declaration.In(file).Any(type => type.IsPublic)
        where !folders.Contains(folder) || space != package + (isPublic ? "" : "." + folder)
        select $"{file}: {space}";

    private static string LayerOf(string file) => file.Split('/')[2];

    private static int Height(string file) => BottomUp.IndexOf(LayerOf(file));

    private static IEnumerable<string> UsesOfLayersAbove(string file, Dictionary<string, int> heightOfType)
    {
        var code = Repository.CodeOf(file);
        var height = Height(file);
        string[] namespaces = [.. BottomUp.Skip(height + 1).Select(f => $@"Samehost\.{f}\b")];
        string[] types = [.. heightOfType.Where(t => t.Value > height).Select(t => t.Key)];
        // After a dot a name is a member's, unless the dots lead to a type of ours.
        var names = types.Length == 0 ? "(?!)" : $@"(?<=(?<![\w.])|\bSamehost\.(?:\w+\.)?)(?:{string.Join('|', types)})\b";
        return Repository.Places(file, code, string.Join('|', [.. namespaces, names]));
    }
}
