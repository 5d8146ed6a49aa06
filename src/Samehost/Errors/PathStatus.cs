namespace Samehost.Errors;

/// <summary>What stands at a path, for hints only.</summary>
internal enum PathKind
{
    Other,
    Socket,
    Directory,
    SymbolicLink,
}

/// <summary>A file's kind, owner and mode.</summary>
internal readonly record struct PathStatus(PathKind Kind, uint Owner, uint Mode)
{
    public string Permissions => Convert.ToString(Mode & 0xFFF, 8).PadLeft(4, '0');
}
