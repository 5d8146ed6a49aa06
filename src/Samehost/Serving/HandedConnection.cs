namespace Samehost;

/// <summary>A live connection on its way from one process to the next, with what the next needs to know to go on with it.</summary>
/// <param name="Stream">The connection. Nothing of it may be read or written by the old process any more.</param>
/// <param name="State">The conversation's state, up to 64 KiB, in a form that both processes understand; bytes that were read
/// and not used belong here.</param>
public sealed record HandedConnection(UnixStream Stream, ReadOnlyMemory<byte> State);
