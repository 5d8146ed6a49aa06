namespace Samehost.Tool.Tests.Support;

/// <summary>The exit status and the output of a run of the tool.</summary>
public sealed record ToolResult(int Status, string Output, string Errors)
{
    public string[] Lines => Output.TrimEnd('\n').Split('\n');
}
