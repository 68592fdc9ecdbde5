namespace Butler.Mail;

/// <summary>A mailbox.</summary>
/// <param name="Name">The decoded display name; null where there is none.</param>
/// <param name="Address">The address (RFC 5322 addr-spec) with the local part's case kept.</param>
public readonly record struct MailAddress(string? Name, string Address)
{
    /// <summary>What stands after the last @, in lower case; empty where there is none.</summary>
    public string Domain => Address is { } a && a.LastIndexOf('@') is var at and >= 0 ? a[(at + 1)..].ToLowerInvariant() : "";

    /// <summary>What stands before the last @.</summary>
    public string LocalPart => Address is { } a && a.LastIndexOf('@') is var at and >= 0 ? a[..at] : Address ?? "";

    /// <summary>Whether both are the same mailbox: compared without case, as all large providers do.</summary>
    public bool IsSameMailbox(string? other) => other is not null && string.Equals(Address, other, StringComparison.OrdinalIgnoreCase);
}
