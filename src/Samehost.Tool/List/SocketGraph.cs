using System.Globalization;
using System.Text;

namespace Samehost.Tool.List;

/// <summary>An edge of the graph: equal connections between two nodes, counted.</summary>
internal sealed record GraphEdge(int From, int To, string Name, RowState State, bool HasDirection)
{
    public int Count { get; set; } = 1;
}

/// <summary>A graph of connections between processes, or groups of processes that share a socket.</summary>
internal sealed class SocketGraph
{
    private readonly Dictionary<string, int> _numbers = [];

    /// <summary>The labels of the nodes, by their number in <see cref="Edges"/>.</summary>
    public List<string> Nodes { get; } = [];

    public List<GraphEdge> Edges { get; } = [];

    public static SocketGraph Of(IEnumerable<SocketRow> rows, RowFormatter text)
    {
        var graph = new SocketGraph();
        var edges = new Dictionary<(int, int, string, RowState), GraphEdge>();
        foreach (var row in rows)
        {
            if (row is not { State: RowState.Connected or RowState.Waiting, Client: { } client })
                continue;
            var source = text.Processes(client);
            var target = (row.Server ?? row.Listener) is { } server ? text.Processes(server) : "another namespace";
            // Unnamed pairs within one process are wake-up channels, not communication.
            if (source == target && !row.IsNamed)
                continue;
            var (from, to) = (graph.Node(source), graph.Node(target));
            var name = row.IsNamed ? row.EndPoint.ToString() : "";
            if (edges.TryGetValue((from, to, name, row.State), out var edge))
                edge.Count++;
            else
                graph.Edges.Add(edges[(from, to, name, row.State)] = new GraphEdge(from, to, name, row.State, row.IsNamed));
        }
        return graph;
    }

    private int Node(string name)
    {
        if (_numbers.TryGetValue(name, out var number))
            return number;
        Nodes.Add(name);
        return _numbers[name] = Nodes.Count - 1;
    }
}

/// <summary>The output format of a graph.</summary>
internal enum GraphFormat
{
    /// <summary>Graphviz DOT.</summary>
    Dot,

    /// <summary>Mermaid.</summary>
    Mermaid,
}

/// <summary>Formats a graph for Graphviz or Mermaid. Names chosen by other programs are quoted and escaped.</summary>
internal static class GraphFormatter
{
    public static string Write(SocketGraph graph, GraphFormat format) => format == GraphFormat.Dot ? Dot(graph) : Mermaid(graph);

    private static string Dot(SocketGraph graph)
    {
        var text = new StringBuilder("digraph samehost {\n  rankdir=LR;\n  node [shape=box];\n");
        for (var i = 0; i < graph.Nodes.Count; i++)
            text.Append(CultureInfo.InvariantCulture, $"  p{i} [label=\"{DotEscape(graph.Nodes[i])}\"];\n");
        foreach (var edge in graph.Edges)
        {
            var style = (edge.HasDirection ? "" : ", dir=none") + (edge.State == RowState.Waiting ? ", style=dashed" : "");
            text.Append(CultureInfo.InvariantCulture, $"  p{edge.From} -> p{edge.To} [label=\"{DotEscape(Label(edge))}\"{style}];\n");
        }
        return text.Append("}\n").ToString();
    }

    private static string Mermaid(SocketGraph graph)
    {
        var text = new StringBuilder("flowchart LR\n");
        for (var i = 0; i < graph.Nodes.Count; i++)
            text.Append(CultureInfo.InvariantCulture, $"  p{i}[\"{MermaidEscape(graph.Nodes[i])}\"]\n");
        foreach (var edge in graph.Edges)
        {
            var line = edge.State == RowState.Waiting ? "-.->" : edge.HasDirection ? "-->" : "---";
            var label = Label(edge) is { Length: > 0 } words ? $"|\"{MermaidEscape(words)}\"|" : "";
            text.Append(CultureInfo.InvariantCulture, $"  p{edge.From} {line}{label} p{edge.To}\n");
        }
        return text.ToString();
    }

    private static string Label(GraphEdge edge) =>
        edge.Count == 1 ? edge.Name : string.Create(CultureInfo.InvariantCulture, $"{edge.Name} ×{edge.Count}").TrimStart();

    private static string DotEscape(string text) =>
        text.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal);

    /// <summary>Replaces all but letters, digits and harmless punctuation by character references.</summary>
    private static string MermaidEscape(string text)
    {
        var safe = new StringBuilder(text.Length);
        foreach (var rune in text.EnumerateRunes())
        {
            if (Rune.IsLetterOrDigit(rune) || (rune.Value < 0x100 && " /.:@()+-_,?×".Contains((char)rune.Value, StringComparison.Ordinal)))
                safe.Append(rune.ToString());
            else
                safe.Append(CultureInfo.InvariantCulture, $"#{rune.Value};");
        }
        return safe.ToString();
    }
}
