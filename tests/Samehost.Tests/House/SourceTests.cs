using System.Text.RegularExpressions;
using Xunit;

namespace Samehost.Tests.House;

/// <summary>What a source file may contain, and how much of it.</summary>
public sealed class SourceTests
{
    private const int MostLines = 500;
    private const int MostColumns = 140;

    private static readonly string[] Sources = Repository.Files(".cs");

    private static readonly string[] Products = [.. Sources.Where(f => !f.StartsWith("tests/", StringComparison.Ordinal))];

    [Fact]
    public void No_file_has_more_than_500_lines() =>
        Rule.HasNoExceptions(Repository.Files(".cs", ".c", ".h")
            .Select(f => (File: f, Lines: Repository.Read(f).Count(c => c == '\n')))
            .Where(f => f.Lines > MostLines));

    [Fact]
    public void No_line_has_more_than_140_columns() =>
        Rule.HasNoExceptions(Repository.Files(".cs", ".c", ".h")
            .SelectMany(f => Repository.Places(f, Repository.Read(f), $@"^.{{{MostColumns + 1},}}$")));

    [Fact]
    public void Unsafe_code_and_native_calls_are_in_interop_folders_only() =>
        Rule.HasNoExceptions(Sources.Where(f => !f.Contains("/Interop/", StringComparison.Ordinal)).SelectMany(f => Repository.Places(
            f, Repository.CodeOf(f), @"\b(?:unsafe|LibraryImport|DllImport|SuppressGCTransition)\b")));

    /// <summary>Elsewhere children would inherit what is not theirs.</summary>
    [Fact]
    public void Programs_are_started_in_one_place() =>
        Rule.HasNoExceptions(Products.Where(f => f != "bench/shared/ChildStart.cs")
            .SelectMany(f => Repository.Places(f, Repository.CodeOf(f), @"\bProcess\.Start\(")));

    /// <summary>Elsewhere a link, a pipe or a file of another user would be written to.</summary>
    [Fact]
    public void Files_that_a_user_has_named_are_written_in_one_place() =>
        Rule.HasNoExceptions(Products
            .Where(f => f != "bench/shared/OutputFile.cs" && !f.EndsWith("/LineFileReader.cs", StringComparison.Ordinal)) // which reads
            .SelectMany(f => Repository.Places(f, Repository.CodeOf(f),
                @"\bnew FileStream\b|\bFile\.(?:Create\b|Append|Write|Open)|\bnew StreamWriter\((?:file|path)\b")));

    /// <summary>Elsewhere a second signal would end a process before its files are removed.</summary>
    [Fact]
    public void Signals_that_end_a_process_are_handled_in_one_place() =>
        Rule.HasNoExceptions(Products
            .Where(f => f != "src/Samehost/Serving/ShutdownSignal.cs" && !f.EndsWith("/ListWatcher.cs", StringComparison.Ordinal))
            .SelectMany(f => Repository.Places(f, Repository.CodeOf(f), @"\bPosixSignalRegistration\.Create\b|\bCancelKeyPress\b")));

    [Fact]
    public void The_first_line_of_an_interop_file_names_its_man_page() =>
        Rule.HasNoExceptions(Sources.Where(f => f.Contains("/Interop/", StringComparison.Ordinal))
            .Where(f => !Regex.IsMatch(Repository.Read(f), @"\A// .*\b\w+\([1-8]\)")));

    /// <summary>A type's options, enums and results stand in its file, which is named after it.</summary>
    [Fact]
    public void A_file_with_public_types_is_named_after_one_of_them() =>
        Rule.HasNoExceptions(
            from file in Repository.FilesUnder("src", ".cs")
            let types = Declaration.In(file).Where(t => t.IsPublic).Select(t => t.Name).ToArray()
            where types.Length > 0 && !types.Contains(Path.GetFileName(file).Split('.')[0])
            select $"{file}: {string.Join(", ", types)}");

    /// <summary>The runtime's parsers take more than digits: trailing NULs always, and signs and white space by default.</summary>
    [Fact]
    public void Numbers_are_read_by_one_strict_reader() =>
        Rule.HasNoExceptions(
            from folder in (string[])["src/Samehost", "src/Samehost.Tool", "programs"]
            from file in Repository.FilesUnder(folder, ".cs")
            where !file.EndsWith("/Interop/Numbers.cs", StringComparison.Ordinal)
            from place in Repository.Places(
                file, Repository.CodeOf(file),
                @"\b(?:s?byte|u?short|u?int|u?long|nu?int|float|double|decimal|S?Byte|U?Int(?:\d+|Ptr)|Half|Single|Double|Decimal)" +
                @"\.(?:Try)?Parse\b|\bUtf8Parser\b|\bConvert\.To(?:S?Byte|U?Int\d+)\b")
            select place);

    [Fact]
    public void No_file_contains_a_note_of_unfinished_work() =>
        Rule.HasNoExceptions(Repository.Files(".cs", ".c", ".h", ".md", ".csproj", ".props", ".proj", ".slnx", "/run")
            .SelectMany(f => Repository.Places(f, Repository.Read(f), @"\bTOD[O]\b|\bFIXM[E]\b|\bHAC[K]\b|\bNotImplemente[d]Exception\b")));

    [Fact]
    public void No_file_contains_a_path_of_one_machine() =>
        Rule.HasNoExceptions(Repository.Files(".cs", ".c", ".h", ".md", ".csproj", ".props", ".proj", ".slnx", ".json", "/run")
            .SelectMany(f => Repository.Places(f, Repository.Read(f), @"(?<![\w.}])/(?:wor[k]|roo[t])/\S*")));

    [Fact]
    public void No_type_or_folder_has_a_vague_name()
    {
        // A name of this kind does not say what belongs there.
        const string vague = "(?:Util|Utils|Utilities|Helper|Helpers|Common|Manager|Misc)";
        var types = from file in Sources
                    from type in Declaration.In(file)
                    where Regex.IsMatch(type.Name, $"{vague}$|^{vague}$")
                    select $"{file}: {type.Name}";
        var folders = Repository.Files("").Where(f => Regex.IsMatch(f, $"(?i)(?:^|/){vague}/"));

        Rule.HasNoExceptions(types);
        Rule.HasNoExceptions(folders);
    }
}
