namespace Samehost.Diagnostics.Explaining;

/// <summary>Why a walk came to no end.</summary>
internal enum WalkProblem
{
    None,

    /// <summary>The directory has no such entry.</summary>
    Missing,

    /// <summary>The user may not pass through the directory.</summary>
    SearchDenied,

    /// <summary>Something that is no directory stands where one is needed.</summary>
    NotADirectory,

    /// <summary>More symbolic links than the kernel follows.</summary>
    TooManyLinks,

    /// <summary>A stranger's link in a directory that everybody may write to (fs.protected_symlinks, proc_sys_fs(5)).</summary>
    LinkNotTrusted,

    /// <summary>A file system mounted so that no link in it is followed.</summary>
    LinksForbidden,

    /// <summary>The link leads into another process, and the user may not look into that one.</summary>
    ProcessClosed,

    /// <summary>It leads through /proc/self, which is this process here and another one for who would make the call.</summary>
    OtherProcess,

    /// <summary>A name that is longer than the file system has.</summary>
    NameTooLong,

    /// <summary>This process may not see what comes next, so it cannot say.</summary>
    Hidden,

    /// <summary>The permissions allow it and the kernel refuses all the same, or something else went wrong.</summary>
    Refused,
}
