using Samehost.Interop;

namespace Samehost.Diagnostics.Explaining;

/// <summary>Whom the kernel takes a thread for when it checks files (proc_pid_status(5)).</summary>
internal sealed record ProcessCredentials(uint User, uint Group, IReadOnlyList<uint> Groups, ulong Effective, ulong Bounding)
{
    private const string Status = "/proc/thread-self/status";

    // Threads can differ: setfsuid(2) changes one.
    public static ProcessCredentials OfThisThread()
    {
        var fields = new Dictionary<string, string[]>();
        foreach (string line in Lines())
        {
            int colon = line.IndexOf(':');
            fields[line[..colon]] = line[(colon + 1)..].Split((char[])['\t', ' '], StringSplitOptions.RemoveEmptyEntries);
        }
        return new ProcessCredentials(
            Number(fields["Uid"][3]), // real, effective, saved, file system
            Number(fields["Gid"][3]),
            [.. fields["Groups"].Select(Number)],
            Mask(fields["CapEff"][0]),
            Mask(fields["CapBnd"][0]));
    }

    private static string[] Lines()
    {
        try
        {
            return File.ReadAllLines(Status);
        }
        catch (Exception error) when (error is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new UnixSocketException(Errno.ENOENT, "read " + Status, hint: "Who asks cannot be seen: is /proc mounted?");
        }
    }

    private static uint Number(string text) => Numbers.Parse<uint>(text);

    private static ulong Mask(string text) =>
        Numbers.TryParseHex(text, out ulong mask) ? mask : throw new FormatException($"'{text}' is not a mask.");
}
