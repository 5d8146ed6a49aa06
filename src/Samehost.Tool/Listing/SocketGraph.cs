namespace Samehost.Tool.Listing;

/// <summary>One arrow of the graph: somebody is connected to somebody else, so many times.</summary>
internal sealed record GraphEdge(int From, int To, string Name, RowState State, bool HasDirection)
{
    public int Count { get; set; } = 1;
}

/// <summary>Who talks to whom: processes, or groups of processes that share a socket, and their connections.</summary>
internal sealed class SocketGraph
{
    private readonly Dictionary<string, int> _numbers = [];

    /// <summary>What the processes are called, by their number in <see cref="Edges"/>.</summary>
    public List<string> Nodes { get; } = [];

    public List<GraphEdge> Edges { get; } = [];

    public static SocketGraph Of(IEnumerable<SocketRow> rows, RowText text)
    {
        var graph = new SocketGraph();
        var edges = new Dictionary<(int, int, string, RowState), GraphEdge>();
        foreach (SocketRow row in rows)
        {
            if (row is not { State: RowState.Connected or RowState.Waiting, Client: { } client })
                continue;
            int from = graph.Node(text.Processes(client));
            int to = graph.Node((row.Server ?? row.Listener) is { } server ? text.Processes(server) : "another namespace");
            // Programs wake themselves up through a pair of sockets: that is not talk.
            if (from == to && !row.IsNamed)
                continue;
            string name = row.IsNamed ? row.EndPoint.ToString() : "";
            if (edges.TryGetValue((from, to, name, row.State), out GraphEdge? edge))
                edge.Count++;
            else
                graph.Edges.Add(edges[(from, to, name, row.State)] = new GraphEdge(from, to, name, row.State, row.IsNamed));
        }
        return graph;
    }

    private int Node(string name)
    {
        if (_numbers.TryGetValue(name, out int number))
            return number;
        Nodes.Add(name);
        return _numbers[name] = Nodes.Count - 1;
    }
}
