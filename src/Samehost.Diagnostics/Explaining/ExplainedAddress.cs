using System.Text;

namespace Samehost.Diagnostics.Explaining;

/// <summary>An address as somebody wrote it, also one that no socket can have: what is wrong with it is for the verdict to say.</summary>
internal sealed record ExplainedAddress(UnixEndPointKind Kind, byte[] Name)
{
    public bool IsAbstract => Kind == UnixEndPointKind.Abstract;

    /// <summary>A path counts from the working directory unless it begins with a slash.</summary>
    public bool IsRelative => !IsAbstract && Name is not [(byte)'/', ..];

    /// <summary>With the NUL before an abstract name, or the one behind a path, it has to fit into 108 bytes.</summary>
    public bool IsTooLong => Name.Length > UnixEndPoint.MaxNameLength;

    /// <summary>As an address for a system call; empty when it is too long to be one.</summary>
    public byte[] ForCall()
    {
        if (IsTooLong)
            return [];
        return IsAbstract ? [1, 0, 0, .. Name] : [1, 0, .. Name, 0];
    }

    public override string ToString() => IsAbstract ? "@" + SafeText.Of(Name) : SafeText.Of(Name);

    public static ExplainedAddress Of(UnixEndPoint endPoint) => endPoint.Kind is UnixEndPointKind.Pathname or UnixEndPointKind.Abstract
        ? new ExplainedAddress(endPoint.Kind, endPoint.NameBytes.ToArray())
        : throw new ArgumentException($"{endPoint} leads nowhere: give a path or an abstract name.", nameof(endPoint));

    /// <summary>Reads what <see cref="UnixEndPoint.Parse(string)"/> reads, and paths that are relative, too long, or end in a slash.</summary>
    /// <exception cref="FormatException">It is empty, or names a host.</exception>
    public static ExplainedAddress Read(string text)
    {
        if (UnixEndPoint.TryParse(text, out UnixEndPoint? endPoint))
            return Of(endPoint);
        string? abstractName = After("@", text) ?? After("unix-abstract:", text);
        string rest = abstractName ?? After("unix://", text) ?? After("unix:", text) ?? text;
        bool namesHost = After("unix://", text) is not null && !rest.StartsWith('/');
        if (rest.Length == 0 || rest.Contains('\0') || namesHost)
            _ = UnixEndPoint.Parse(text); // says what is wrong with it
        return new ExplainedAddress(
            abstractName is null ? UnixEndPointKind.Pathname : UnixEndPointKind.Abstract, Encoding.UTF8.GetBytes(rest));
    }

    private static string? After(string scheme, string text) =>
        text.StartsWith(scheme, StringComparison.Ordinal) ? text[scheme.Length..] : null;
}
