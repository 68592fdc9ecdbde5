namespace Butler.Mail;

/// <summary>What all parts of one message share: the one buffer, the limits used up so far, the defects.</summary>
internal sealed class MimeDocument(ReadOnlyMemory<byte> raw, MimeLimits limits)
{
    private List<MimeDefect>? defects;

    public ReadOnlyMemory<byte> Raw { get; } = raw;

    public MimeLimits Limits { get; } = limits;

    public IReadOnlyList<MimeDefect> Defects => defects ?? (IReadOnlyList<MimeDefect>)[];

    public bool Truncated { get; private set; }

    public int PartCount { get; set; }

    /// <summary>Fields of all header sections.</summary>
    public int FieldCount { get; set; }

    /// <summary>Bytes of all header sections.</summary>
    public int HeaderBytes { get; set; }

    /// <summary>The root part, whose charset is what 8-bit headers are read by when they are not UTF-8.</summary>
    public MimePart? Root { get; set; }

    public void Note(MimeDefectKind kind, int offset)
    {
        if (kind is MimeDefectKind.MessageTooLarge or MimeDefectKind.TooDeep or MimeDefectKind.TooManyParts or MimeDefectKind.TooManyHeaders or MimeDefectKind.TextTooLong)
        {
            Truncated = true;
        }

        defects ??= [];
        if (defects.Count < Limits.Defects)
        {
            defects.Add(new MimeDefect(kind, offset));
        }
    }
}
