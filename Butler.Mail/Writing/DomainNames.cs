using System.Globalization;

namespace Butler.Mail;

/// <summary>Domain names in their ASCII form (RFC 5891).</summary>
internal static class DomainNames
{
    private static readonly IdnMapping Mapping = new();

    /// <summary>The A-label form, or the name itself where there is none.</summary>
    public static string ToAscii(string domain)
    {
        try
        {
            return Mapping.GetAscii(domain);
        }
        catch (ArgumentException)
        {
            return domain;
        }
    }
}
