using System.Net.Sockets;
using Samehost.Tests.Support;
using Xunit;

namespace Samehost.Tests.Errors;

public sealed class UnixSocketExceptionTests
{
    [Theory]
    [InlineData(Errno.ENOENT, "connect", "connect failed: No such file or directory (2)")]
    [InlineData(Errno.EACCES, "bind", "bind failed: Permission denied (13)")]
    [InlineData(Errno.EPROTOTYPE, "connect", "connect failed: Protocol wrong type for socket (91)")]
    [InlineData(Errno.EADDRINUSE, "bind", "bind failed: Address already in use (98)")]
    public void The_summary_is_one_line_with_call_text_and_number(Errno errno, string operation, string summary) =>
        Assert.Equal(summary, new UnixSocketException(errno, operation, UnixEndPoint.Parse("/run/x")).Summary);

    [Theory]
    [InlineData(Errno.ENOENT, SocketError.AddressNotAvailable)]
    [InlineData(Errno.ECONNREFUSED, SocketError.ConnectionRefused)]
    [InlineData(Errno.EADDRINUSE, SocketError.AddressAlreadyInUse)]
    [InlineData(Errno.EACCES, SocketError.AccessDenied)]
    [InlineData(Errno.EPERM, SocketError.AccessDenied)]
    [InlineData(Errno.EPIPE, SocketError.Shutdown)]
    [InlineData(Errno.ECONNRESET, SocketError.ConnectionReset)]
    [InlineData(Errno.EMSGSIZE, SocketError.MessageSize)]
    [InlineData(Errno.EMFILE, SocketError.TooManyOpenSockets)]
    [InlineData(Errno.ENFILE, SocketError.TooManyOpenSockets)]
    [InlineData(Errno.ETIMEDOUT, SocketError.TimedOut)]
    [InlineData(Errno.EPROTOTYPE, SocketError.ProtocolType)]
    [InlineData(Errno.EAGAIN, SocketError.WouldBlock)]
    [InlineData(Errno.ENOTCONN, SocketError.NotConnected)]
    [InlineData(Errno.ENOTDIR, SocketError.AddressNotAvailable)]
    [InlineData((Errno)131, SocketError.SocketError)]
    public void Existing_catch_clauses_match(Errno errno, SocketError expected)
    {
        var caught = false;
        try
        {
            throw new UnixSocketException(errno, "connect");
        }
        catch (SocketException e) when (e.SocketErrorCode == expected)
        {
            caught = e.ErrorCode == (int)errno;
        }

        Assert.True(caught);
    }

    [Fact]
    public void The_file_system_is_looked_at_when_the_hint_is_read_and_not_by_the_failing_call()
    {
        using var directory = new TestDirectory();
        var path = directory["late"];
        var failure = new UnixSocketException(Errno.ENOENT, "connect", UnixEndPoint.FromPath(path));
        File.WriteAllText(path, "");
        Assert.Equal($"connect failed: No such file or directory (2): {path}", failure.Message);
        Assert.Contains("is a regular file and no socket", failure.Hint, StringComparison.Ordinal);
        File.Delete(path);
        Assert.Contains("is a regular file and no socket", failure.Hint, StringComparison.Ordinal); // as it was first read
    }

    [Fact]
    public void The_message_is_one_line_and_the_text_has_the_hint_on_a_line_of_its_own()
    {
        var endPoint = UnixEndPoint.Parse("@name");
        var all = new UnixSocketException(Errno.EINVAL, "connect", endPoint, "Look here.");

        Assert.Equal("connect failed: Invalid argument (22): @name", all.Message);
        Assert.Contains("connect failed: Invalid argument (22): @name\nLook here.", all.ToString(), StringComparison.Ordinal);
        Assert.Equal(Errno.EINVAL, all.Errno);
        Assert.Equal("connect", all.Operation);
        Assert.Equal(endPoint, all.EndPoint);
        Assert.Equal("Look here.", all.Hint);
    }

    [Fact]
    public void Without_address_and_hint_the_message_is_the_summary()
    {
        var bare = new UnixSocketException(Errno.EIO, "read");

        Assert.Null(bare.Hint);
        Assert.Equal("read failed: Input/output error (5)", bare.Message);
        Assert.Equal(bare.Summary, bare.Message);
    }

    [Fact]
    public void The_text_of_an_exception_that_was_thrown_has_hint_and_stack_trace()
    {
        var thrown = Assert.Throws<UnixSocketException>((Action)(() =>
            throw new UnixSocketException(Errno.EINVAL, "connect", UnixEndPoint.Parse("@name"), "Look here.")));

        var lines = thrown.ToString().Split('\n');
        Assert.StartsWith(typeof(UnixSocketException).FullName!, lines[0], StringComparison.Ordinal);
        Assert.Equal("Look here.", lines[1]);
        Assert.Contains(nameof(The_text_of_an_exception_that_was_thrown_has_hint_and_stack_trace), lines[2], StringComparison.Ordinal);
    }

    [Fact]
    public void A_hint_that_cannot_be_computed_is_none() =>
        Assert.Null(new UnixSocketException(Errno.EIO, "read", null, () => throw new InvalidOperationException()).Hint);

    [Fact]
    public void An_errno_without_a_name_is_reported_by_its_number() =>
        Assert.Equal("connect failed: Unknown error 4000 (4000)", new UnixSocketException((Errno)4000, "connect").Summary);

    [Fact]
    public void A_name_chosen_by_another_process_cannot_add_a_line() =>
        Assert.DoesNotContain('\n', new UnixSocketException(Errno.EIO, "connect", UnixEndPoint.FromPath("/run/a\nb")).Message);

    [Fact]
    public void The_numbers_are_those_of_this_system()
    {
        foreach (var errno in Enum.GetValues<Errno>())
        {
            var text = System.Runtime.InteropServices.Marshal.GetPInvokeErrorMessage((int)errno);
            Assert.DoesNotContain("Unknown", text, StringComparison.Ordinal);
        }
    }
}
