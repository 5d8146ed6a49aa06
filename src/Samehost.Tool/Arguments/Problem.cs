namespace Samehost.Tool.Arguments;

/// <summary>What the library says about an argument, as a user may read it.</summary>
internal static class Problem
{
    /// <summary>The sentence without the name of our parameter, which means nothing to a user.</summary>
    public static string Of(ArgumentException error)
    {
        int parameter = error.Message.IndexOf(" (Parameter", StringComparison.Ordinal);
        return (parameter < 0 ? error.Message : error.Message[..parameter]).TrimEnd('.');
    }
}
