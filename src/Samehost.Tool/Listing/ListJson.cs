using System.Text.Json.Serialization;

namespace Samehost.Tool.Listing;

/// <summary>A row for programs; docs/tool/list.md says what each member means.</summary>
internal sealed record JsonRow
{
    public string? Type { get; init; }

    public required string State { get; init; }

    public string? Name { get; init; }

    public string? NameHex { get; init; }

    public int? Connected { get; init; }

    public int? Waiting { get; init; }

    public int? Backlog { get; init; }

    public JsonEnd? Client { get; init; }

    public JsonEnd? Server { get; init; }

    public uint? Listener { get; init; }

    public uint? FileOwner { get; init; }
}

/// <summary>One socket of a row.</summary>
internal sealed record JsonEnd(uint Inode, uint? Uid, string? User, string? Name, uint? FileInode, JsonProcess[] Processes)
{
    public long? ReceiveQueue { get; init; }

    public long? SendQueue { get; init; }

    public long? SendBuffer { get; init; }

    public bool? ReceivingEnded { get; init; }

    public bool? SendingEnded { get; init; }
}

/// <summary>A process that has a socket open.</summary>
internal sealed record JsonProcess(int Pid, string Command, uint? Uid, string? User, IReadOnlyList<int> Descriptors);

/// <summary>How they are written.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(JsonRow))]
internal sealed partial class ListJson : JsonSerializerContext;
