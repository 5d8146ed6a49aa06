using System.Text;

namespace Samehost.Stress.Fuzz;

/// <summary>Something that reads input from outside.</summary>
internal abstract class FuzzTarget : IAsyncDisposable
{
    /// <summary>Also the folder of its corpus.</summary>
    public abstract string Name { get; }

    /// <summary>Pieces that its inputs are made of.</summary>
    public abstract IReadOnlyList<string> Words { get; }

    /// <summary>Processes one input. The only exceptions that may leave it are failures; what is documented is caught inside.</summary>
    /// <returns>A short description of the outcome: inputs with a new one are kept for more mutations.</returns>
    /// <exception cref="FuzzException">Something that must hold of every input does not of this one.</exception>
    public abstract string Run(byte[] input);

    public abstract ValueTask DisposeAsync();

    /// <summary>As the runtime decodes arguments and variables.</summary>
    protected static string Text(ReadOnlySpan<byte> bytes) => Encoding.UTF8.GetString(bytes);

    protected static void Require(bool condition, string what)
    {
        if (!condition)
            throw new FuzzException(what);
    }

    /// <summary>The kind of a message, without the input that it repeats.</summary>
    protected static string KindOf(Exception e)
    {
        var first = e.Message.AsSpan(0, Math.Min(e.Message.Length, 60));
        return $"{e.GetType().Name} {new string([.. first.ToArray().Where(static c => c is >= 'a' and <= 'z' or ' ')])}";
    }
}

/// <summary>Reports a property that an input refutes.</summary>
internal sealed class FuzzException(string message) : Exception(message);
