// recvmsg(2), epoll_ctl(2), statx(2), unix(7): the layouts that the library relies on, against what the C compiler says.
using System.ComponentModel;
using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;
using Samehost.Interop;
using Samehost.Tests.Support;
using Xunit;

namespace Samehost.Tests.Interop;

/// <summary>Our structs and constants against what the C compiler says of the system's headers.</summary>
public sealed class StructLayoutTests : IDisposable
{
    private const string Source = """
        #define _GNU_SOURCE
        #include <stddef.h>
        #include <stdio.h>
        #include <sys/epoll.h>
        #include <sys/eventfd.h>
        #include <sys/socket.h>
        #include <sys/stat.h>
        #include <sys/syscall.h>
        #include <sys/un.h>
        #include <fcntl.h>
        #include <errno.h>
        #include <poll.h>
        #include <time.h>
        #define SIZE(s) printf("sizeof(%s) %zu\n", #s, sizeof(s))
        #define AT(s, m) printf("%s.%s %zu\n", #s, #m, offsetof(s, m))
        #define VALUE(c) printf("%s %lld\n", #c, (long long)(c))
        int main(void)
        {
            typedef struct msghdr msghdr; typedef struct iovec iovec; typedef struct ucred ucred;
            typedef struct epoll_event epoll_event; typedef struct statx statx_t; typedef struct sockaddr_un sockaddr_un;
            typedef struct pollfd pollfd; typedef struct timespec timespec;
            SIZE(msghdr); AT(msghdr, msg_name); AT(msghdr, msg_namelen); AT(msghdr, msg_iov); AT(msghdr, msg_iovlen);
            AT(msghdr, msg_control); AT(msghdr, msg_controllen); AT(msghdr, msg_flags);
            SIZE(iovec); AT(iovec, iov_base); AT(iovec, iov_len);
            SIZE(ucred); AT(ucred, pid); AT(ucred, uid); AT(ucred, gid);
            SIZE(epoll_event); AT(epoll_event, events); AT(epoll_event, data);
            SIZE(statx_t); AT(statx_t, stx_uid); AT(statx_t, stx_gid); AT(statx_t, stx_mode); AT(statx_t, stx_ino); AT(statx_t, stx_size);
            AT(statx_t, stx_dev_major); AT(statx_t, stx_dev_minor);
            SIZE(sockaddr_un); AT(sockaddr_un, sun_path);
            SIZE(pollfd); AT(pollfd, fd); AT(pollfd, events); AT(pollfd, revents);
            SIZE(timespec); AT(timespec, tv_sec); AT(timespec, tv_nsec);
            VALUE(AF_UNIX); VALUE(SOCK_STREAM); VALUE(SOCK_DGRAM); VALUE(SOCK_SEQPACKET); VALUE(SOCK_NONBLOCK); VALUE(SOCK_CLOEXEC);
            VALUE(SHUT_RD); VALUE(SHUT_WR); VALUE(SHUT_RDWR); VALUE(MSG_CTRUNC); VALUE(MSG_TRUNC);
            VALUE(SO_TYPE); VALUE(SO_SNDBUF); VALUE(SO_RCVBUF); VALUE(SO_ACCEPTCONN); VALUE(SO_DOMAIN);
            VALUE(EPOLLIN); VALUE(EPOLLPRI); VALUE(EPOLLOUT); VALUE(EPOLLERR); VALUE(EPOLLHUP); VALUE(EPOLLRDHUP);
            VALUE((unsigned)EPOLLET); VALUE(POLLIN); VALUE(POLLOUT); VALUE(O_DIRECTORY); VALUE(O_NOFOLLOW); VALUE(O_CREAT); VALUE(O_PATH);
            VALUE(O_CLOEXEC);
            VALUE(SYS_recvfrom); VALUE(SYS_sendto); VALUE(SYS_recvmsg); VALUE(SYS_sendmsg); VALUE(SYS_epoll_pwait);
            return 0;
        }
        """;

    private readonly TestDirectory _temp = new();

    public void Dispose() => _temp.Dispose();

    [Fact]
    public unsafe void Sizes_offsets_and_constants_are_those_of_the_c_headers()
    {
        var c = AskTheCompiler();
        var ours = new Dictionary<string, long>
        {
            ["sizeof(msghdr)"] = sizeof(MsgHdr),
            ["msghdr.msg_name"] = Offset<MsgHdr>(nameof(MsgHdr.Name)),
            ["msghdr.msg_namelen"] = Offset<MsgHdr>(nameof(MsgHdr.NameLength)),
            ["msghdr.msg_iov"] = Offset<MsgHdr>(nameof(MsgHdr.Vectors)),
            ["msghdr.msg_iovlen"] = Offset<MsgHdr>(nameof(MsgHdr.VectorCount)),
            ["msghdr.msg_control"] = Offset<MsgHdr>(nameof(MsgHdr.Control)),
            ["msghdr.msg_controllen"] = Offset<MsgHdr>(nameof(MsgHdr.ControlLength)),
            ["msghdr.msg_flags"] = Offset<MsgHdr>(nameof(MsgHdr.Flags)),
            ["sizeof(iovec)"] = sizeof(IoVec),
            ["iovec.iov_base"] = Offset<IoVec>(nameof(IoVec.Base)),
            ["iovec.iov_len"] = Offset<IoVec>(nameof(IoVec.Length)),
            ["sizeof(ucred)"] = sizeof(UCred),
            ["ucred.pid"] = Offset<UCred>(nameof(UCred.Pid)),
            ["ucred.uid"] = Offset<UCred>(nameof(UCred.Uid)),
            ["ucred.gid"] = Offset<UCred>(nameof(UCred.Gid)),
            ["sizeof(sockaddr_un)"] = LibcSocket.SockAddrSize,
            ["sockaddr_un.sun_path"] = sizeof(ushort),
            ["AF_UNIX"] = LibcSocket.AF_UNIX,
            ["SOCK_STREAM"] = LibcSocket.SOCK_STREAM,
            ["SOCK_DGRAM"] = LibcSocket.SOCK_DGRAM,
            ["SOCK_SEQPACKET"] = LibcSocket.SOCK_SEQPACKET,
            ["SOCK_NONBLOCK"] = LibcSocket.SOCK_NONBLOCK,
            ["SOCK_CLOEXEC"] = LibcSocket.SOCK_CLOEXEC,
            ["SHUT_RD"] = LibcSocket.SHUT_RD,
            ["SHUT_WR"] = LibcSocket.SHUT_WR,
            ["SHUT_RDWR"] = LibcSocket.SHUT_RDWR,
            ["MSG_CTRUNC"] = LibcMessage.MSG_CTRUNC,
            ["MSG_TRUNC"] = LibcMessage.MSG_TRUNC,
            ["SO_TYPE"] = LibcSocketOptions.SO_TYPE,
            ["SO_SNDBUF"] = LibcSocketOptions.SO_SNDBUF,
            ["SO_RCVBUF"] = LibcSocketOptions.SO_RCVBUF,
            ["SO_ACCEPTCONN"] = LibcSocketOptions.SO_ACCEPTCONN,
            ["SO_DOMAIN"] = LibcSocketOptions.SO_DOMAIN,
            ["EPOLLIN"] = LibcEpoll.EPOLLIN,
            ["EPOLLPRI"] = LibcEpoll.EPOLLPRI,
            ["EPOLLOUT"] = LibcEpoll.EPOLLOUT,
            ["EPOLLERR"] = LibcEpoll.EPOLLERR,
            ["EPOLLHUP"] = LibcEpoll.EPOLLHUP,
            ["EPOLLRDHUP"] = LibcEpoll.EPOLLRDHUP,
            ["(unsigned)EPOLLET"] = LibcEpoll.EPOLLET,
            ["POLLIN"] = LibcPoll.POLLIN,
            ["POLLOUT"] = LibcPoll.POLLOUT,
            ["O_DIRECTORY"] = LibcFile.O_DIRECTORY,
            ["O_NOFOLLOW"] = LibcFile.O_NOFOLLOW,
            ["O_CREAT"] = LibcFile.O_CREAT,
            ["O_PATH"] = LibcFile.O_PATH,
            ["O_CLOEXEC"] = LibcFile.O_CLOEXEC,
            ["SYS_recvfrom"] = LibcSyscall.SYS_recvfrom,
            ["SYS_sendto"] = LibcSyscall.SYS_sendto,
            ["SYS_recvmsg"] = LibcSyscall.SYS_recvmsg,
            ["SYS_sendmsg"] = LibcSyscall.SYS_sendmsg,
            ["SYS_epoll_pwait"] = LibcSyscall.SYS_epoll_pwait,
        };

        Add(ours, "pollfd", typeof(LibcPoll.PollFd), ("fd", "Fd"), ("events", "Events"), ("revents", "Returned"));

        // Private to their wrappers, so found by name.
        Add(ours, "timespec", Nested(typeof(LibcPoll), "TimeSpec"), ("tv_sec", "Seconds"), ("tv_nsec", "Nanoseconds"));
        Add(
            ours,
            "statx_t",
            Nested(typeof(LibcFile), "Statx"),
            ("stx_uid", "User"),
            ("stx_gid", "Group"),
            ("stx_mode", "Mode"),
            ("stx_ino", "Inode"),
            ("stx_size", "Size"),
            ("stx_dev_major", "DeviceMajor"),
            ("stx_dev_minor", "DeviceMinor"));

        Assert.All(ours, pair => Assert.Equal($"{pair.Key} {c[pair.Key]}", $"{pair.Key} {pair.Value}"));
    }

    [Fact]
    public unsafe void Epoll_events_are_written_and_read_where_the_kernel_expects_them()
    {
        var c = AskTheCompiler();
        var change = stackalloc byte[16];
        EpollBatch.Write(change, 0x11223344, 0x5566778899AABBCC);
        Assert.Equal(0x11223344u, *(uint*)(change + c["epoll_event.events"]));
        Assert.Equal(0x5566778899AABBCCul, *(ulong*)(change + c["epoll_event.data"]));

        var batch = new EpollBatch(64);
        for (var i = 0; i < batch.Capacity; i++)
        {
            *(uint*)(batch.Pointer + i * c["sizeof(epoll_event)"] + c["epoll_event.events"]) = (uint)i + 1;
            *(ulong*)(batch.Pointer + i * c["sizeof(epoll_event)"] + c["epoll_event.data"]) = (ulong)i << 33;
        }

        for (var i = 0; i < batch.Capacity; i++)
        {
            Assert.Equal((uint)i + 1, batch.Events(i));
            Assert.Equal((ulong)(long)i << 33, batch.Data(i));
        }
    }

    private static long Offset<T>(string field) => Marshal.OffsetOf<T>(field);

    private static Type Nested(Type type, string name) =>
        type.GetNestedType(name, System.Reflection.BindingFlags.NonPublic) ?? throw new InvalidOperationException($"no {name} in {type}");

    private static void Add(Dictionary<string, long> ours, string c, Type type, params (string C, string Ours)[] fields)
    {
        ours[$"sizeof({c})"] = Marshal.SizeOf(type);
        foreach (var (name, field) in fields)
            ours[$"{c}.{name}"] = Marshal.OffsetOf(type, field);
    }

    private Dictionary<string, long> AskTheCompiler()
    {
        File.WriteAllText(_temp["layout.c"], Source);
        try
        {
            using var compiler = Process.Start("cc", ["-o", _temp["layout"], _temp["layout.c"]]);
            compiler.WaitForExit();
            Assert.Equal(0, compiler.ExitCode);
        }
        catch (Win32Exception)
        {
            Assert.Skip("install the Debian packages gcc and libc6-dev");
        }

        return Command.Run(_temp["layout"]).Split('\n').Select(line => line.LastIndexOf(' ') is var at
                ? (Name: line[..at], Value: long.Parse(line.AsSpan(at + 1), CultureInfo.InvariantCulture)) : default)
            .ToDictionary(p => p.Name, p => p.Value);
    }
}
