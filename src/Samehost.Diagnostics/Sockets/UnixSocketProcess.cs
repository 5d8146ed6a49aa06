using System.Globalization;
using Samehost.Addresses;
using Samehost.Interop;

namespace Samehost.Diagnostics;

/// <summary>A process that has a local socket open, and under which numbers.</summary>
/// <remarks>For diagnosis. A process chooses its name itself, and its number can be given to another one once it has ended.</remarks>
public sealed class UnixSocketProcess
{
    private readonly List<int> _descriptors = new(1);

    internal UnixSocketProcess(int processId, uint? userId, byte[] command)
    {
        ProcessId = processId;
        UserId = userId;
        CommandBytes = command;
    }

    /// <summary>The process number in our namespace.</summary>
    public int ProcessId { get; }

    /// <summary>The effective user number of the process; null when it ended while it was looked at.</summary>
    public uint? UserId { get; }

    /// <summary>The user's name, or null when the system does not know the number. Looked up at each call.</summary>
    public string? UserName => UserId is { } user ? LibcAccount.FindUserName(user) : null;

    /// <summary>
    /// The name of the program, at most 15 bytes (proc_pid_comm(5)), printable: other bytes as <c>\xNN</c>. Empty when the process ended
    /// while it was looked at.
    /// </summary>
    public string Command => PrintableText.Escape(CommandBytes.Span);

    /// <summary>The name of the program as the process chose it, any bytes.</summary>
    public ReadOnlyMemory<byte> CommandBytes { get; }

    /// <summary>The descriptor numbers under which the process has the socket, in the order of the kernel; at least one.</summary>
    public IReadOnlyList<int> Descriptors => _descriptors;

    /// <summary>For logs: <c>redis-server(812) fd 6,7</c>.</summary>
    public override string ToString() =>
        string.Create(CultureInfo.InvariantCulture, $"{Command}({ProcessId}) fd {string.Join(',', _descriptors)}");

    internal void Add(int descriptor) => _descriptors.Add(descriptor);
}
