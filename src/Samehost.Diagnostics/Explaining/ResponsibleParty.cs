namespace Samehost.Diagnostics;

/// <summary>Who has to change something for a call to work.</summary>
public enum ResponsibleParty
{
    /// <summary>Nobody: nothing has to change.</summary>
    None,

    /// <summary>Who makes the call: another path, another type of socket, another user.</summary>
    Caller,

    /// <summary>The program that listens, or should: started, restarted, or set up otherwise.</summary>
    Server,

    /// <summary>Who owns the files and directories of the path: their permissions.</summary>
    Owner,
}
