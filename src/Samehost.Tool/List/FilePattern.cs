using System.IO.Enumeration;

namespace Samehost.Tool.List;

/// <summary>
/// The socket files that a pattern means as paths. A server may have bound a relative path, or one of another mount namespace, so that its
/// socket has another name than its file has here.
/// </summary>
internal sealed class FilePattern
{
    private const int MaxEntries = 10_000;

    private readonly HashSet<UnixSocketFileId> _files = [];

    private FilePattern(IReadOnlyList<string> paths) => Paths = paths;

    /// <summary>The paths that the pattern means, whatever is there.</summary>
    public IReadOnlyList<string> Paths { get; }

    /// <param name="pattern">A path, or one with * and ? in its last part; anything without a slash is no path.</param>
    public static FilePattern Of(string? pattern)
    {
        if (pattern is null || !pattern.Contains('/', StringComparison.Ordinal))
            return new FilePattern([]);
        var files = new FilePattern(Expand(pattern));
        foreach (var path in files.Paths)
        {
            if (UnixSocketFileId.Find(path) is { } file)
                files._files.Add(file);
        }
        return files;
    }

    public bool Matches(SocketRow row) =>
        _files.Count > 0 && (row.Server ?? row.Listener ?? row.Client)?.File is { } file && _files.Contains(file);

    private static string[] Expand(string pattern)
    {
        var slash = pattern.LastIndexOf('/') + 1;
        var (directory, name) = (pattern[..slash], pattern[slash..]);
        if (!pattern.AsSpan().ContainsAny('*', '?'))
            return [pattern];
        if (directory.AsSpan().ContainsAny('*', '?'))
            return [];
        try
        {
            return [.. Directory.EnumerateFileSystemEntries(directory).Take(MaxEntries)
                .Where(path => FileSystemName.MatchesSimpleExpression(name, Path.GetFileName(path), ignoreCase: false))];
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            return []; // no such directory, or one that may not be read
        }
    }
}
