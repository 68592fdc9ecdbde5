namespace Butler.Mail;

/// <summary>File names from mail, made harmless: they are shown, never used as a path (RFC 2183 section 5).</summary>
internal static class FileNames
{
    private const int MaxLength = 255;
    private static readonly HashSet<string> Devices = new(StringComparer.OrdinalIgnoreCase)
    {
        "con", "prn", "aux", "nul", "com1", "com2", "com3", "com4", "com5", "com6", "com7", "com8", "com9",
        "lpt1", "lpt2", "lpt3", "lpt4", "lpt5", "lpt6", "lpt7", "lpt8", "lpt9",
    };

    public static string? Clean(string given)
    {
        var name = CleanText.OneLine(given);
        name = name[(name.LastIndexOfAny(['/', '\\']) + 1)..].Trim();
        if (name.Length > MaxLength)
        {
            name = CleanText.OneLine(name[..MaxLength]);
        }

        if (name.Length == 0 || name is "." or "..")
        {
            return null;
        }

        var dot = name.IndexOf('.');
        return Devices.Contains(dot < 0 ? name : name[..dot]) ? "_" + name : name;
    }
}
