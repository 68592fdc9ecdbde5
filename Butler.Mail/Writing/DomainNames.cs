using System.Globalization;
using System.Text;

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

    /// <summary>The U-label form, or the name itself where there is none.</summary>
    public static string ToUnicode(string domain)
    {
        if (!domain.Contains("xn--", StringComparison.OrdinalIgnoreCase))
        {
            return domain;
        }

        try
        {
            return Mapping.GetUnicode(domain);
        }
        catch (ArgumentException)
        {
            return domain;
        }
    }

    /// <summary>Whether the name has two forms.</summary>
    public static bool IsInternational(string domain) => domain.Contains("xn--", StringComparison.OrdinalIgnoreCase) || !Ascii.IsValid(domain);
}
