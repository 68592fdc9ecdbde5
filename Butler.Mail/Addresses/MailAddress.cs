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

    /// <summary>The domain in its ASCII form (RFC 5891 A-labels), in lower case: what two spellings of one domain have in common.</summary>
    public string AsciiDomain => DomainNames.ToAscii(Domain).ToLowerInvariant();

    /// <summary>The domain as people read it (U-labels), in lower case.</summary>
    public string UnicodeDomain => DomainNames.ToUnicode(Domain);

    /// <summary>
    /// Whether both are the same mailbox: compared without case, as all large providers do, and internationalised
    /// domains in either form.
    /// </summary>
    public bool IsSameMailbox(string? other)
    {
        if (other is null || Address is null)
        {
            return false;
        }

        if (string.Equals(Address, other, StringComparison.OrdinalIgnoreCase))
        {
            return true;
        }

        var that = new MailAddress(null, other);
        return (DomainNames.IsInternational(Domain) || DomainNames.IsInternational(that.Domain))
            && AsciiDomain == that.AsciiDomain && LocalPart.Equals(that.LocalPart, StringComparison.OrdinalIgnoreCase);
    }
}
