using System.Net.Sockets;
using System.Text.RegularExpressions;
using Samehost.Tests.Support;
using Samehost.Tool.Tests.Support;

namespace Samehost.Tool.Tests.List;

/// <summary><c>samehost list --graph</c>.</summary>
[Collection(NonParallel.Name)]
public sealed class ListGraphTests : ListFixture
{
    [Theory(Timeout = Limit)]
    [InlineData("dot", "digraph samehost {", @"label=""NAME ×2""", "}")]
    [InlineData("mermaid", "flowchart LR", @"-->|""NAME ×2""|", null)]
    public async Task Connections_between_the_same_processes_are_one_edge(string format, string begin, string label, string? end)
    {
        using var listener = Listen("a");
        using Socket first = Connect("a"), second = Connect("a");
        using Socket one = listener.Accept(), two = listener.Accept();
        var result = await RunAsync("list", At("a"), "--graph", format);
        Assert.Equal((0, ""), (result.Status, result.Errors));
        Assert.Equal(begin, result.Lines[0]);
        Assert.Contains(Us, result.Output, StringComparison.Ordinal);
        Assert.Contains(label.Replace("NAME", At("a"), StringComparison.Ordinal), result.Output, StringComparison.Ordinal);
        Assert.Equal(end ?? result.Lines[^1], result.Lines[^1]);
    }

    [Fact(Timeout = Limit)]
    public async Task Every_node_has_an_edge()
    {
        await using var pair = StartProgram(ForeignProgram.Python, "-c", """
            import socket, sys
            open('/proc/self/comm', 'w').write('lonely')
            pair = socket.socketpair()
            print('ready', flush=True)
            sys.stdin.read()
            """);
        await pair.ReadUntilAsync("ready");
        using var listener = Listen("a");
        using var client = Connect("a");
        using var server = listener.Accept();
        var graph = (await RunAsync("list", "--graph", "dot")).Lines;
        Assert.Contains(graph, line => line.Contains(At("a"), StringComparison.Ordinal));
        Assert.DoesNotContain(graph, line => line.Contains("lonely", StringComparison.Ordinal));
        var nodes = graph.Select(line => Regex.Match(line, @"^  (p\d+) \[")).Where(match => match.Success);
        Assert.All(nodes.Select(node => node.Groups[1].Value), node =>
            Assert.Contains(graph, line => Regex.IsMatch(line, $@"^  ({node} -> |p\d+ -> {node} )")));
    }

    [Theory(Timeout = Limit)]
    [InlineData("dot", @"a\""] ; evil \\n [")]
    [InlineData("mermaid", "a#34;#93; #59; evil #92;n #91;")]
    public async Task A_name_cannot_escape_from_its_label(string format, string shown)
    {
        using var listener = Listen("a\"] ; evil \\n [");
        using var client = Connect("a\"] ; evil \\n [");
        var result = await RunAsync("list", Temporary, "--graph", format);
        Assert.Matches(Regex.Escape(shown), result.Output);
    }
}
