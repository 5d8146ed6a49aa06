namespace Samehost.Tests.Support;

/// <summary>A user without privileges, also where the tests themselves run as root.</summary>
internal static class OrdinaryUser
{
    private const string Nobody = "65534";

    public static bool WeAreRoot { get; } = Environment.IsPrivilegedProcess;

    /// <summary>What to put before a command to run it as that user.</summary>
    public static string[] Prefix { get; } =
        WeAreRoot ? ["setpriv", "--reuid", Nobody, "--regid", Nobody, "--clear-groups"] : [];

    /// <summary>Gives a file or a directory to that user.</summary>
    public static void Give(string path)
    {
        if (WeAreRoot)
            Command.Run("chown", $"{Nobody}:{Nobody}", path);
    }
}
