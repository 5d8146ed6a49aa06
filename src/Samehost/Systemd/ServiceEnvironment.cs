using System.Text;
using Samehost.Addresses;
using Samehost.Interop;

namespace Samehost.Systemd;

/// <summary>The variables that a service manager sets, and the process that they must be meant for.</summary>
internal abstract class ServiceEnvironment
{
    /// <summary>This process's own.</summary>
    public static ServiceEnvironment Own { get; } = new OwnEnvironment();

    /// <summary>All variables by which a service manager speaks to one process, and not to the programs that it starts.</summary>
    public static string[] Variables { get; } = [.. ListenVariables.All, .. NotifyVariables.All];

    public abstract int ProcessId { get; }

    public abstract string? Get(string name);

    public abstract void Clear(string name);

    /// <summary>The complaint about a variable that does not say what it should.</summary>
    public static InvalidDataException Problem(string name, string value, string problem) =>
        new($"The environment variable {name} is '{Printable(value)}': {problem}");

    /// <summary>Whether a variable that names a process names this one.</summary>
    /// <exception cref="InvalidDataException">It names no process.</exception>
    public bool IsMeantForUs(string name, string value) =>
        Numbers.TryParse(value, out long process) && process is > 0 and <= int.MaxValue
            ? process == ProcessId
            : throw Problem(name, value, "the number of a process was expected.");

    private static string Printable(string value)
    {
        string shown = value.Length <= 100 ? value : value[..100] + "…";
        return UnixEndPointPrinter.Escape(Encoding.UTF8.GetBytes(shown));
    }

    private sealed class OwnEnvironment : ServiceEnvironment
    {
        public override int ProcessId => Environment.ProcessId;

        public override string? Get(string name) => Environment.GetEnvironmentVariable(name);

        public override void Clear(string name)
        {
            // The runtime works on a copy, which is what Process.Start hands on; native code reads and hands on the other.
            Environment.SetEnvironmentVariable(name, null);
            _ = LibcEnvironment.Unset(name);
        }
    }
}
