namespace Samehost.Tool.Arguments;

/// <summary>Why a file that a user named cannot be used: the runtime's words, except where they do not say it.</summary>
internal static class PathProblem
{
    /// <summary>The failures that are about the path, and not ours.</summary>
    public static bool Is(Exception error) => error is IOException or UnauthorizedAccessException or ArgumentException;

    public static string Of(string path, Exception error) =>
        path.Length == 0 ? "the name of the file is empty"
        : Directory.Exists(path) ? $"{path} is a directory"
        : error.Message.TrimEnd('.');
}
