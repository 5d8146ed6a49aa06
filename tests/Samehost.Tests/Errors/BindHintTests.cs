using System.Runtime.Versioning;
using Samehost.Tests.Addresses;
using Samehost.Tests.Errors.Interop;
using Xunit;

namespace Samehost.Tests.Errors;

[UnsupportedOSPlatform("windows")]
public sealed class BindHintTests : IDisposable
{
    private readonly AddressTestDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public void A_missing_directory_is_named() =>
        Expect(Errno.ENOENT, $"{_directory.Path} has no directory named a in it", FailingCalls.Bind(At("a/b/s")));

    [Fact]
    public void A_path_where_a_socket_file_is()
    {
        using var other = FailingCalls.Bound(At("s"));

        Expect(Errno.EADDRINUSE, "A live socket is at", FailingCalls.Bind(At("s")));
    }

    [Fact]
    public void A_path_where_a_file_is()
    {
        File.WriteAllText(At("s").Path!, "");

        Expect(Errno.EADDRINUSE, "is a regular file, which nothing replaces", FailingCalls.Bind(At("s")));
    }

    [Fact]
    public void A_path_where_a_directory_is()
    {
        Directory.CreateDirectory(At("s").Path!);

        Expect(Errno.EADDRINUSE, "is a directory, which nothing replaces", FailingCalls.Bind(At("s")));
    }

    [Fact]
    public void A_path_where_a_symbolic_link_is()
    {
        File.CreateSymbolicLink(At("s").Path!, "nowhere");

        Expect(Errno.EADDRINUSE, "is a symbolic link, which nothing replaces", FailingCalls.Bind(At("s")));
    }

    [Fact]
    public void An_abstract_name_that_is_taken()
    {
        var name = UnixEndPoint.Parse($"@samehost-{Guid.NewGuid():N}");
        using var other = FailingCalls.Bound(name);

        Expect(Errno.EADDRINUSE, "has the name", FailingCalls.Bind(name));
    }

    [Fact]
    public void A_component_of_the_path_that_is_not_a_directory()
    {
        File.WriteAllText(At("f").Path!, "");

        Expect(Errno.ENOTDIR, $"{_directory.Path}/f is not a directory", FailingCalls.Bind(At("f/s")));
    }

    [Fact]
    public void A_directory_in_which_this_user_may_not_create_files()
    {
        File.SetUnixFileMode(_directory.Path, (UnixFileMode)0x16D); // 0555

        Expect(
            Errno.EACCES,
            $"may not make files in {_directory.Path}",
            FileSystemUser.WithoutPrivileges(() => FailingCalls.Bind(At("s"))));
    }

    [Fact]
    public void A_directory_that_this_user_may_not_pass_through()
    {
        Directory.CreateDirectory(At("closed").Path!, UnixFileMode.None);
        File.SetUnixFileMode(_directory.Path, (UnixFileMode)0x1FF);

        var failure = FileSystemUser.WithoutPrivileges(() => FailingCalls.Bind(At("closed/s")));
        File.SetUnixFileMode(At("closed").Path!, UnixFileMode.UserExecute | UnixFileMode.UserRead); // or it could not be deleted

        Expect(Errno.EACCES, $"may not pass through {_directory.Path}/closed", failure);
    }

    [Theory]
    [InlineData(Errno.EROFS, "is read-only")]
    [InlineData(Errno.EPERM, "choose a path under")]
    [InlineData(Errno.ENOSPC, "no room for another file")]
    public void Errors_that_a_file_system_can_return(Errno errno, string hint) =>
        Expect(errno, hint, new UnixSocketException(errno, "bind", At("s")));

    [Theory]
    [InlineData(Errno.EMFILE, "accept", "ulimit -n")]
    [InlineData(Errno.ENFILE, "accept", "fs.file-max")]
    [InlineData(Errno.EMSGSIZE, "send", "larger than the send buffer")]
    [InlineData(Errno.EPIPE, "write", "closed the connection")]
    [InlineData(Errno.ECONNRESET, "read", "before it had read everything")]
    [InlineData(Errno.ETIMEDOUT, "connect", "did not answer in the time")]
    [InlineData(Errno.EAGAIN, "send", "queue is full")]
    [InlineData(Errno.EPERM, "send", "does not accept descriptors")]
    [InlineData(Errno.ECONNREFUSED, "send", "connect again")]
    [InlineData(Errno.ENOTCONN, "send", "not connected")]
    public void Calls_without_an_address_have_hints_too(Errno errno, string operation, string hint) =>
        Expect(errno, hint, new UnixSocketException(errno, operation));

    private UnixEndPoint At(string name) => UnixEndPoint.FromPath($"{_directory.Path}/{name}");

    private static void Expect(Errno errno, string hint, UnixSocketException? failure)
    {
        Assert.NotNull(failure);
        Assert.Equal(errno, failure.Errno);
        Assert.Contains(hint, failure.Hint, StringComparison.Ordinal);
    }
}
