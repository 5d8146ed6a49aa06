namespace Samehost.Tool.Tests.Support;

/// <summary>How a run of the tool ended and all that it printed.</summary>
public sealed record ToolResult(int Status, string Output, string Errors)
{
    public string[] Lines => Output.TrimEnd('\n').Split('\n');
}
