using System.Text.Json.Serialization;

namespace Butler.Sandbox.State;

/// <summary>What one write did, with every id it made: applied to memory and, in the same form, kept in the journal.</summary>
internal sealed record Change
{
    public required string Kind { get; init; }

    public required string Account { get; init; }

    public long At { get; init; }

    public ulong? Id { get; init; }

    public ulong? Thread { get; init; }

    /// <summary>The message that goes (delete, update of a draft, sending).</summary>
    public ulong? OldId { get; init; }

    public long? Date { get; init; }

    public string[]? Labels { get; init; }

    public string[]? Removed { get; init; }

    public byte[]? Raw { get; init; }

    /// <summary>The last history id that this change used.</summary>
    public ulong? History { get; init; }

    public string? Draft { get; init; }

    public string? OldDraft { get; init; }

    public string? Name { get; init; }

    /// <summary>Who did it: <c>api</c> (a Gmail client) or <c>owner</c> (the control API).</summary>
    public string? By { get; init; }
}

/// <summary>Kinds of <see cref="Change"/>.</summary>
internal static class ChangeKind
{
    public const string NewAccount = "new-account";
    public const string Deliver = "deliver";
    public const string Delete = "delete";
    public const string Labels = "labels";
    public const string NewLabel = "new-label";
    public const string DraftCreate = "draft-create";
    public const string DraftUpdate = "draft-update";
    public const string DraftDelete = "draft-delete";
    public const string DraftSend = "draft-send";
    public const string Watch = "watch";
    public const string Stop = "stop";
    public const string Revoke = "revoke";
    public const string Grant = "grant";
    public const string ExpireHistory = "expire-history";
}

[JsonSerializable(typeof(Change))]
[JsonSourceGenerationOptions(DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull, PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
internal sealed partial class ChangeJson : JsonSerializerContext;
