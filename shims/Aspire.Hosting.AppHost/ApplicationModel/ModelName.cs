using System.Text;

namespace Aspire.Hosting.ApplicationModel;

internal static class ModelName
{
    private const int MaxLength = 64;

    /// <summary>1 to 64 ASCII letters, digits and hyphens; begins with a letter; no double or trailing hyphen.</summary>
    public static void Validate(string name)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        if (name.Length > MaxLength
            || !char.IsAsciiLetter(name[0])
            || name[^1] == '-'
            || name.Contains("--", StringComparison.Ordinal)
            || name.Any(c => !char.IsAsciiLetterOrDigit(c) && c != '-'))
        {
            throw new ArgumentException(
                $"Resource name '{name}' is invalid. It takes 1 to {MaxLength} ASCII letters, digits and hyphens, begins with a letter and has no trailing or double hyphen.", nameof(name));
        }
    }

    /// <summary>The name as part of an environment variable: what is not an ASCII letter or digit becomes <c>_</c>.</summary>
    public static string Encode(string name)
    {
        var encoded = new StringBuilder(name.Length + 1);
        if (char.IsAsciiDigit(name[0]))
        {
            encoded.Append('_');
        }

        foreach (var c in name)
        {
            encoded.Append(char.IsAsciiLetterOrDigit(c) ? c : '_');
        }

        return encoded.ToString().ToUpperInvariant();
    }
}
