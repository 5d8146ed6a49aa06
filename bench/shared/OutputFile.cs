using System.Runtime.InteropServices;
using System.Text;
using Microsoft.Win32.SafeHandles;
using Samehost.Interop;

namespace Samehost.Measuring;

/// <summary>
/// Writes files that the user has named. In a directory that others may write to, another user may have placed a link to a file of ours, a
/// pipe, or a file of their own at the path, to read what is written. So only a new file, or a regular file of this user without other
/// links, is opened, and it is truncated only after that check.
/// </summary>
internal static class OutputFile
{
    private const uint Private = 0x180; // 0600
    private const int MostTries = 10;
    private const int Missing = -(int)Errno.ENOENT;

    private const int Creating = LibcFile.O_WRONLY | LibcFile.O_CREAT | LibcFile.O_EXCL;
    private const int Opening = LibcFile.O_WRONLY | LibcFile.O_NONBLOCK | LibcFile.O_NOCTTY;

    /// <summary>Opens a file for writing without truncating it. A new one has mode 0600.</summary>
    /// <param name="path">The path; a symbolic link as the last component is not followed.</param>
    /// <param name="isSecret">Removes the permissions of other users from an existing file.</param>
    /// <exception cref="IOException">The file cannot be opened, or is refused.</exception>
    public static FileStream Open(string path, bool isSecret = false)
    {
        var name = Encoding.UTF8.GetBytes(path);
        using var file = Open(path, name);
        if (isSecret && LibcFile.ChangeMode(file, Private) is < 0 and var errno)
            throw Failure(path, errno);
        var handle = new SafeFileHandle(file.Number, ownsHandle: true);
        file.SetHandleAsInvalid();
        return new FileStream(handle, FileAccess.Write, bufferSize: 0);
    }

    /// <summary>Checks that a file can be written.</summary>
    /// <exception cref="IOException">As for <see cref="Open(string, bool)"/>.</exception>
    public static void Check(string path) => Open(path).Dispose();

    /// <summary>Replaces the content of a file.</summary>
    /// <exception cref="IOException">As for <see cref="Open(string, bool)"/>, or a write failed.</exception>
    public static void Write(string path, string text)
    {
        using var file = Open(path);
        try
        {
            file.SetLength(0);
            file.Write(Encoding.UTF8.GetBytes(text));
        }
        catch (ArgumentException error)
        {
            throw new IOException(error.Message, error); // the runtime reports EFBIG so
        }
    }

    private static Descriptor Open(string path, byte[] name)
    {
        var result = Missing;
        for (var i = 0; i < MostTries && result == Missing; i++)
        {
            result = LibcFile.Open(name, Creating | LibcFile.O_NOFOLLOW, Private, out var made);
            if (result >= 0)
                return made!;
            if (result != -(int)Errno.EEXIST)
                break; // ENOENT included: a directory is missing
            // Checked before it is opened, because opening a pipe would wake its reader.
            if ((result = LibcFile.LinkStatus(name, out var status)) >= 0)
            {
                Check(path, status);
                result = LibcFile.Open(name, Opening | LibcFile.O_NOFOLLOW, 0, out var opened);
                if (result >= 0)
                    return Checked(path, opened!);
            }
        }
        throw Failure(path, result);
    }

    private static Descriptor Checked(string path, Descriptor file)
    {
        try
        {
            if (LibcFile.Status(file, out var status) is < 0 and var errno)
                throw Failure(path, errno);
            Check(path, status);
            return file;
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    private static void Check(string path, FileStatus status)
    {
        var problem = status switch
        {
            { Type: FileStatus.S_IFLNK } => "is a symbolic link, which is not followed",
            { Type: FileStatus.S_IFDIR } => "is a directory",
            { Type: FileStatus.S_IFIFO } => "is a named pipe, not an ordinary file",
            { Type: FileStatus.S_IFSOCK } => "is a socket, not an ordinary file",
            { Type: not FileStatus.S_IFREG } => "is a device, not an ordinary file",
            _ when status.User != LibcIdentity.EffectiveUser() => "is another user's",
            { Links: > 1 } => "has another name as well (a hard link)",
            _ => null,
        };
        if (problem is not null)
            throw new RefusedFileException($"{path} {problem}");
    }

    private static IOException Failure(string path, int result) => new($"{path}: {Marshal.GetPInvokeErrorMessage(-result)}");
}

/// <summary>The file at the path is of a kind that is not written to.</summary>
internal sealed class RefusedFileException(string message) : IOException(message);
