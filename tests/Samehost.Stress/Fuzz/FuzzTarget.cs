using System.Text;
using SharpFuzz;

namespace Samehost.Stress.Fuzz;

/// <summary>A reader of outside input under test.</summary>
internal abstract class FuzzTarget : IAsyncDisposable
{
    /// <summary>Its name, which is also that of its corpus directory.</summary>
    public abstract string Name { get; }

    /// <summary>Typical parts of its input, for mutations.</summary>
    public abstract IReadOnlyList<string> Words { get; }

    /// <summary>Processes one input and catches documented exceptions; every other one is a failure.</summary>
    /// <returns>A short description of the outcome; an input with a new outcome is added to the corpus of this run.</returns>
    /// <exception cref="FuzzException">An invariant does not hold.</exception>
    public abstract string Run(byte[] input);

    public abstract ValueTask DisposeAsync();

    /// <summary>Decodes bytes as the runtime decodes arguments and variables.</summary>
    protected static string Text(ReadOnlySpan<byte> bytes) => Encoding.UTF8.GetString(bytes);

    protected static void Require(bool condition, string what)
    {
        if (!condition)
            throw new FuzzException(what);
    }

    /// <summary>Returns the type and the first words of an error, without the input that the message contains.</summary>
    protected static string GetKind(Exception e)
    {
        var first = e.Message.AsSpan(0, Math.Min(e.Message.Length, 60));
        return $"{e.GetType().Name} {new string([.. first.ToArray().Where(static c => c is >= 'a' and <= 'z' or ' ')])}";
    }
}

/// <summary>An invariant that does not hold for an input.</summary>
internal sealed class FuzzException(string message) : Exception(message);

/// <summary>All targets.</summary>
internal static class FuzzTargets
{
    private static readonly (string Name, Func<string, FuzzTarget> Create)[] All =
    [
        ("addresses", static _ => new AddressTarget()),
        ("policies", static _ => new PolicyTarget()),
        ("frames", static _ => new FrameTarget()),
        ("lines", static _ => new LineTarget()),
        ("listen", static _ => new ListenTarget()),
        ("notify", static _ => new NotifyTarget()),
        ("handover", static directory => new HandoverTarget(directory)),
        ("recordings", static _ => new RecordingTarget()),
        ("http", static directory => new HttpTarget(directory)),
    ];

    public static IEnumerable<string> Names => All.Select(static t => t.Name);

    /// <param name="name">The name of the target.</param>
    /// <param name="directory">The directory for its sockets.</param>
    public static FuzzTarget Create(string name, string directory) => All.Single(t => t.Name == name).Create(directory);
}

/// <summary><c>fuzz --afl TARGET</c>: one target under afl-fuzz, which uses the coverage of instrumented assemblies.</summary>
internal static class AflTarget
{
    public static void Run(string name)
    {
        var directory = Directory.CreateTempSubdirectory("samehost-afl-").FullName;
        try
        {
            var target = FuzzTargets.Create(name, directory);
            var longest = new byte[1 << 16];
            Fuzzer.OutOfProcess.Run(stream =>
            {
                var count = stream.ReadAtLeast(longest, longest.Length, throwOnEndOfStream: false);
                target.Run(longest[..count]);
            });
        }
        finally
        {
            Directory.Delete(directory, recursive: true);
        }
    }
}
