namespace Samehost.Diagnostics.Explaining;

/// <summary>What kinds of files are called in a sentence.</summary>
internal static class FileWords
{
    public static string Of(UnixFileKind kind) => kind switch
    {
        UnixFileKind.Directory => "a directory",
        UnixFileKind.Socket => "a socket file",
        UnixFileKind.SymbolicLink => "a symbolic link",
        UnixFileKind.RegularFile => "a regular file",
        UnixFileKind.Fifo => "a named pipe",
        UnixFileKind.Device => "a device",
        _ => "nothing that can be seen",
    };
}
