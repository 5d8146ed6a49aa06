namespace Samehost.Diagnostics;

/// <summary>What a call would come to.</summary>
public enum UnixOutcome
{
    /// <summary>It would succeed.</summary>
    Works,

    /// <summary>It would fail; the errno says with what.</summary>
    Fails,

    /// <summary>It cannot be told from this process, which may not see all that decides.</summary>
    Unknown,
}
