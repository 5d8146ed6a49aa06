using Samehost.Systemd;

namespace Samehost.Tests.Systemd;

/// <summary>A service environment with the given variables.</summary>
internal sealed class FixedServiceEnvironment(params (string Name, string? Value)[] variables) : ServiceEnvironment
{
    public const int OurProcess = 4711;

    private readonly Dictionary<string, string> _variables =
        variables.Where(v => v.Value is not null).ToDictionary(v => v.Name, v => v.Value!);

    public override int ProcessId => OurProcess;

    public IEnumerable<string> Left => _variables.Keys;

    public static FixedServiceEnvironment Listening(string? pid, string? count, string? names = null) =>
        new(("LISTEN_PID", pid), ("LISTEN_FDS", count), ("LISTEN_FDNAMES", names), ("UNRELATED", "x"));

    public override string? Get(string name) => _variables.GetValueOrDefault(name);

    public override void Clear(string name) => _variables.Remove(name);
}
