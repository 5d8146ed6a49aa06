using System.Globalization;
using System.Text;

namespace Samehost.Tool.Listing;

/// <summary>
/// A graph as text for the programs that draw it. What strangers chose goes between quotes, and whatever could end or mean something there
/// is escaped.
/// </summary>
internal static class GraphText
{
    public static string Write(SocketGraph graph, GraphFormat format) => format == GraphFormat.Dot ? Dot(graph) : Mermaid(graph);

    private static string Dot(SocketGraph graph)
    {
        var text = new StringBuilder("digraph samehost {\n  rankdir=LR;\n  node [shape=box];\n");
        for (int i = 0; i < graph.Nodes.Count; i++)
            text.Append(CultureInfo.InvariantCulture, $"  p{i} [label=\"{DotEscape(graph.Nodes[i])}\"];\n");
        foreach (GraphEdge edge in graph.Edges)
        {
            string style = (edge.HasDirection ? "" : ", dir=none") + (edge.State == RowState.Waiting ? ", style=dashed" : "");
            text.Append(CultureInfo.InvariantCulture, $"  p{edge.From} -> p{edge.To} [label=\"{DotEscape(Label(edge))}\"{style}];\n");
        }
        return text.Append("}\n").ToString();
    }

    private static string Mermaid(SocketGraph graph)
    {
        var text = new StringBuilder("flowchart LR\n");
        for (int i = 0; i < graph.Nodes.Count; i++)
            text.Append(CultureInfo.InvariantCulture, $"  p{i}[\"{MermaidEscape(graph.Nodes[i])}\"]\n");
        foreach (GraphEdge edge in graph.Edges)
        {
            string line = edge.State == RowState.Waiting ? "-.->" : edge.HasDirection ? "-->" : "---";
            string label = Label(edge) is { Length: > 0 } words ? $"|\"{MermaidEscape(words)}\"|" : "";
            text.Append(CultureInfo.InvariantCulture, $"  p{edge.From} {line}{label} p{edge.To}\n");
        }
        return text.ToString();
    }

    private static string Label(GraphEdge edge) =>
        edge.Count == 1 ? edge.Name : string.Create(CultureInfo.InvariantCulture, $"{edge.Name} ×{edge.Count}").TrimStart();

    private static string DotEscape(string text) =>
        text.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal);

    /// <summary>Whatever is not a letter, a digit or harmless becomes the number of its character.</summary>
    private static string MermaidEscape(string text)
    {
        var safe = new StringBuilder(text.Length);
        foreach (Rune rune in text.EnumerateRunes())
        {
            if (Rune.IsLetterOrDigit(rune) || (rune.Value < 0x100 && " /.:@()+-_,?×".Contains((char)rune.Value, StringComparison.Ordinal)))
                safe.Append(rune.ToString());
            else
                safe.Append(CultureInfo.InvariantCulture, $"#{rune.Value};");
        }
        return safe.ToString();
    }
}
