namespace Samehost.Bench.Output;

/// <summary>A row that was run: what it asked, and what of it was not possible.</summary>
internal sealed record ReportRow(string Name, string Question, IReadOnlyList<string> NotMeasured);
