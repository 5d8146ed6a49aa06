namespace Samehost.Tool.Listing;

/// <summary>The language of a graph.</summary>
internal enum GraphFormat
{
    /// <summary>Graphviz.</summary>
    Dot,

    /// <summary>Mermaid, which many pages of documentation draw.</summary>
    Mermaid,
}
