namespace Butler.Sandbox.State;

/// <summary>A draft as it is now.</summary>
/// <param name="Id">The draft's id.</param>
/// <param name="Mail">Its message; a new one with each update.</param>
public sealed record SandboxDraft(string Id, SandboxMail Mail);

/// <summary>One thing that happened to a draft, for tests that count creations.</summary>
/// <param name="Kind">created, updated, deleted or sent.</param>
/// <param name="By">api, or owner for the control API.</param>
/// <param name="DraftId">The id after it (before it, when the draft is gone).</param>
/// <param name="ThreadId">The thread.</param>
/// <param name="Raw">The bytes, where there are new ones.</param>
/// <param name="At">When.</param>
public sealed record DraftEvent(string Kind, string By, string DraftId, string ThreadId, byte[]? Raw, DateTimeOffset At);

/// <summary>One record of an account's history.</summary>
internal sealed record HistoryEntry(ulong Id, string Type, ulong MessageKey, ulong ThreadKey, string[] MessageLabels, string[] Changed);

/// <summary>Values of <see cref="HistoryEntry.Type"/>: the API's historyTypes.</summary>
internal static class HistoryType
{
    public const string Added = "messageAdded";
    public const string Deleted = "messageDeleted";
    public const string LabelsAdded = "labelAdded";
    public const string LabelsRemoved = "labelRemoved";
}

/// <summary>A push registration.</summary>
internal sealed record Watch(string Topic, long Expiration);
