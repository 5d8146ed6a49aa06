using Samehost.Serving;

namespace Samehost;

/// <summary>A live connection on its way from one process to the next, with what the next needs to know to go on with it.</summary>
public sealed class HandoverConnection
{
    /// <summary>A connection to give away, or one that was given.</summary>
    /// <param name="stream">The connection.</param>
    /// <param name="state">The conversation's state, up to 64 KiB.</param>
    /// <exception cref="ArgumentOutOfRangeException">The state is longer than 64 KiB.</exception>
    public HandoverConnection(UnixStream stream, ReadOnlyMemory<byte> state)
    {
        ArgumentNullException.ThrowIfNull(stream);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(state.Length, HandoverProtocol.MostState, nameof(state));
        Stream = stream;
        State = state;
    }

    /// <summary>The connection. The old process may neither read nor write it any more, unless it gets it back.
    /// <see cref="UnixStream.AcceptDescriptors"/> is off in whichever process goes on with it: set it again where it is wanted.</summary>
    public UnixStream Stream { get; }

    /// <summary>The conversation's state, in a form that both processes understand; bytes that were read and not used belong
    /// here.</summary>
    public ReadOnlyMemory<byte> State { get; }
}
