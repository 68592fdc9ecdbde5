namespace Butler.Mail;

/// <summary>A field as ranges of the raw message.</summary>
internal readonly record struct HeaderField(int NameStart, int NameLength, int ValueStart, int ValueLength);

/// <summary>What all parts of one message share: the one buffer, all fields, the defects.</summary>
internal sealed class MimeDocument(ReadOnlyMemory<byte> raw, MimeLimits limits)
{
    public ReadOnlyMemory<byte> Raw { get; } = raw;

    public MimeLimits Limits { get; } = limits;

    public List<HeaderField> Fields { get; } = new(32);

    public List<MimeDefect> Defects { get; } = [];

    public bool Truncated { get; private set; }

    public int PartCount { get; set; }

    public void Note(MimeDefectKind kind, int offset)
    {
        if (kind is MimeDefectKind.MessageTooLarge or MimeDefectKind.TooDeep or MimeDefectKind.TooManyParts or MimeDefectKind.TooManyHeaders)
        {
            Truncated = true;
        }

        if (Defects.Count < Limits.Defects)
        {
            Defects.Add(new MimeDefect(kind, offset));
        }
    }
}
