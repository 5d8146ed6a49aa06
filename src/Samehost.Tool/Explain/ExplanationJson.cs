using System.Text.Json;
using System.Text.Json.Serialization;
using Samehost.Tool.Cli;

namespace Samehost.Tool.Explain;

/// <summary>Formats an explanation as JSON; the property names are a public format.</summary>
internal static class ExplanationJson
{
    public static string Of(UnixExplanation explanation) => JsonSerializer.Serialize(
        new ExplanationDocument(
            explanation.Operation,
            explanation.Address,
            explanation.SocketType.ToName(),
            new UserDocument(explanation.User.UserId, explanation.User.Name, explanation.User.GroupId, [.. explanation.User.Groups]),
            [.. explanation.Walk.Select(Step)],
            explanation.Socket is { } socket ? Socket(socket) : null,
            explanation.ServerStarted,
            Verdict(explanation.Verdict),
            [.. explanation.Notes]),
        ExplanationJsonContext.Default.ExplanationDocument) + "\n";

    private static StepDocument Step(UnixPathStep step) => new(
        step.Path,
        Lower(step.Kind),
        step.UserId,
        step.GroupId,
        step.Mode is { } mode ? Convert.ToString((int)mode, 8).PadLeft(4, '0') : null,
        step.Acl.Count > 0 ? [.. step.Acl] : null,
        step.LinkTarget,
        step.FileSystem,
        step.IsReadOnly,
        step.Asked,
        step.Rule,
        Name(step.Errno));

    private static SocketDocument Socket(UnixSocketEntry socket) => new(
        socket.Inode,
        socket.SocketType.ToName(),
        Lower(socket.State),
        socket.Pending,
        socket.Backlog,
        [.. socket.Processes.Select(h => new ProcessDocument(h.ProcessId, h.Command, h.UserId))]);

    private static VerdictDocument Verdict(UnixVerdict verdict) => new(
        Lower(verdict.Outcome),
        Name(verdict.Errno),
        verdict.Errno == Errno.None ? null : (int)verdict.Errno,
        verdict.Reason,
        verdict.Remedy,
        verdict.ResponsibleParty == ResponsibleParty.None ? null : Lower(verdict.ResponsibleParty));

    private static string? Name(Errno errno) => errno == Errno.None ? null : errno.ToString();

    private static string Lower<T>(T value)
        where T : struct, Enum => JsonNamingPolicy.CamelCase.ConvertName(value.ToString());
}

internal sealed record ExplanationDocument(
    string Operation, string Address, string Type, UserDocument User, StepDocument[] Walk, SocketDocument? Socket,
    DateTimeOffset? ServerStarted, VerdictDocument Verdict, string[] Notes);

internal sealed record UserDocument(uint Id, string? Name, uint Group, uint[] Groups);

internal sealed record StepDocument(
    string Path, string Kind, uint? User, uint? Group, string? Mode, string[]? Acl, string? LinkTarget, string? FileSystem, bool ReadOnly,
    string? Asked, string? Rule, string? Errno);

internal sealed record SocketDocument(uint Inode, string Type, string State, int? Pending, int? Backlog, ProcessDocument[] Processes);

internal sealed record ProcessDocument(int Id, string Command, uint? User);

internal sealed record VerdictDocument(string Outcome, string? Errno, int? ErrnoNumber, string Reason, string? Remedy, string? Side);

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    WriteIndented = true)]
[JsonSerializable(typeof(ExplanationDocument))]
internal sealed partial class ExplanationJsonContext : JsonSerializerContext;
