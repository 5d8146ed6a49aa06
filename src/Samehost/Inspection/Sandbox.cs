using System.Globalization;
using System.Text;
using Samehost.Interop;

namespace Samehost.Inspection;

/// <summary>
/// What restricts this process besides users and permissions: seccomp, security modules, Landlock. The kernel does not show their rules,
/// so only what they have refused is certain; the rest is reported as what to look at.
/// </summary>
internal static class Sandbox
{
    private const string AuditLog = "Look into the system's audit log (journalctl -k, ausearch -m avc)";

    /// <summary>The verdict on a call that this process has made, or rehearsed, and that permissions and files do not explain.</summary>
    /// <param name="call">The call: connect or bind.</param>
    /// <param name="refusal">What came of it.</param>
    /// <param name="isEveryAddress">Whether it is refused for any address.</param>
    /// <param name="reached">What would have been reached, and what allows it, up to an "and".</param>
    public static Verdict Refused(string call, RehearsalResult refusal, bool isEveryAddress, string reached)
    {
        var errno = refusal.Errno;
        if (refusal.IsWithoutSocket)
        {
            return Verdict.Fails(errno, $"This process may not make local sockets: socket(2) fails with {errno} for AF_UNIX.",
                VerdictParty.Caller,
                "Allow the address family in its sandbox: AF_UNIX in RestrictAddressFamilies= of a service, or a container's seccomp " +
                "profile.");
        }
        if (isEveryAddress)
        {
            return Verdict.Fails(errno,
                $"{call}(2) fails with {errno} in this process, whatever the address: a seccomp filter or another sandbox refuses the " +
                "call.",
                VerdictParty.Caller,
                $"Allow {call} in its sandbox: SystemCallFilter= of a service, or a container's seccomp profile.");
        }
        return Verdict.Fails(errno, $"{reached} and {call}(2) fails with {errno} all the same: a " +
            $"security policy or a sandbox refuses it ({Names()}).", VerdictParty.Owner, Look());
    }

    /// <summary>What to look at.</summary>
    public static string Look() => $"{AuditLog}, and at the sandbox options of the service or container.";

    /// <summary>
    /// Whether this process may not look at a process of its own user, as under Landlock (landlock(7)), whose rules refuse new socket
    /// files and abstract names as well.
    /// </summary>
    public static bool HidesOwnProcesses(FileCredentials own)
    {
        var isHidden = false;
        _ = new ProcessScan().ForEach(processId =>
        {
            var directory = Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $"/proc/{processId}"));
            // The directory belongs to root where the process does not let its user look at it, as after a set-user-ID program.
            if (LibcFile.Status([.. directory, .. "/fd"u8], out var status) < 0 || status.User != own.User)
                return true;
            var result = LibcFile.Open([.. directory, .. "/ns/user"u8], LibcFile.O_RDONLY, 0, out var opened);
            opened?.Dispose();
            isHidden = result == -(int)Errno.EACCES && HasNoMoreCapabilities(processId, own);
            return !isHidden;
        });
        return isHidden;
    }

    // A process with more capabilities may not be looked at in any case (ptrace(2)).
    private static bool HasNoMoreCapabilities(int processId, FileCredentials own)
    {
        const string name = "CapPrm:\t";
        var status = Read(string.Create(CultureInfo.InvariantCulture, $"/proc/{processId}/status"));
        var start = status.IndexOf(name, StringComparison.Ordinal) + name.Length;
        return start >= name.Length && Numbers.TryParseHex(status.AsSpan()[start..status.IndexOf('\n', start)], out ulong permitted)
            && (permitted & ~own.Capabilities) == 0;
    }

    /// <summary>What is in force for this process, as far as it can be seen; otherwise what there can be.</summary>
    public static string Names()
    {
        var names = new List<string>();
        if (Label() is { } label)
            names.Add($"its security label is {label}");
        if (HasFilter())
            names.Add("it has a seccomp filter");
        return names.Count == 0 ? "SELinux, AppArmor, Landlock, seccomp" : "this process: " + string.Join(", ", names);
    }

    private static string? Label() => Read("/proc/thread-self/attr/current").TrimEnd('\0', '\n') is { Length: > 0 } label
        && label != "unconfined" ? PrintableText.Of(label) : null;

    private static bool HasFilter() => Read("/proc/thread-self/status").Contains("\nSeccomp:\t2", StringComparison.Ordinal);

    private static string Read(string path)
    {
        try
        {
            return File.ReadAllText(path);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            return "";
        }
    }
}
