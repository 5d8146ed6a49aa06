namespace Samehost.Diagnostics.Explaining;

/// <summary>Finds out that an address was copied from where names are printed, escaped: typed in, it is another name.</summary>
internal static class PrintedNames
{
    public static IEnumerable<string> Notes(ExplainedAddress address, UnixSocketTable? table)
    {
        string text = $"{address}";
        if (!text.Contains('\\', StringComparison.Ordinal))
            yield break;
        UnixSocketEntry? meant = (table?.Sockets ?? []).FirstOrDefault(s => s.LocalEndPoint.Kind == address.Kind
            && s.LocalEndPoint.ToString() == text && !s.LocalEndPoint.NameBytes.Span.SequenceEqual(address.Name));
        if (meant is null)
            yield break;
        yield return meant.LocalEndPoint.NameBytes.Span.Contains((byte)0)
            ? "There is a name that is printed like this one and has NUL bytes in it, which nobody can type: a program has to give them."
            : "There is a name that is printed like this one. Addresses are taken literally: for the bytes that \\xNN stands for, " +
                "a shell has $'…'.";
    }
}
