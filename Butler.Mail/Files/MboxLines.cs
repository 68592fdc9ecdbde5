namespace Butler.Mail.Files;

/// <summary>The lines that are an mbox's own (RFC 4155; qmail's mbox(5)).</summary>
internal static class MboxLines
{
    /// <summary>Separator lines are short: what is longer is text that begins with "From".</summary>
    public const int MaxSeparator = 512;

    /// <summary>Whether a line may stand above a mail, as the first of a file does.</summary>
    public static bool IsFrom(ReadOnlySpan<byte> line) => line.StartsWith("From "u8) && line.Length <= MaxSeparator;

    /// <summary>Whether a line separates mails: "From sender Sat Jan  3 01:05:34 1996", with many variations; at least a time and a year.</summary>
    public static bool IsSeparator(ReadOnlySpan<byte> line) => IsFrom(line) && line.IndexOf((byte)':') > 0 && HasYear(line);

    /// <summary>Whether a line of text is "From " behind any number of "&gt;": one of them is the mbox's (mboxrd).</summary>
    public static bool IsQuotedFrom(ReadOnlySpan<byte> line) => line.Length > 5 && line[0] == '>' && line.TrimStart((byte)'>').StartsWith("From "u8);

    private static bool HasYear(ReadOnlySpan<byte> line)
    {
        for (var i = 5; i + 4 <= line.Length; i++)
        {
            if (line[i] is (byte)'1' or (byte)'2' && line[i - 1] == ' ' && line.Slice(i, 4).IndexOfAnyExceptInRange((byte)'0', (byte)'9') < 0
                && (i + 4 == line.Length || line[i + 4] is (byte)' ' or (byte)'\r' or (byte)'\n'))
            {
                return true;
            }
        }

        return false;
    }
}
