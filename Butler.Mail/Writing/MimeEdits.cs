namespace Butler.Mail;

/// <summary>
/// Changes to a message that was read, for <see cref="MimeWriter"/>. What is not named here is written byte for byte as
/// it was, signatures of other parts included.
/// </summary>
public sealed class MimeEdits
{
    private readonly Dictionary<MimePart, byte[]> replaced = [];
    private readonly Dictionary<MimePart, List<HeaderEdit>> headers = [];

    /// <summary>Puts a whole part, header included, in another's place.</summary>
    /// <param name="part">A part of the message.</param>
    /// <param name="bytes">Header, empty line and body of the new part.</param>
    public MimeEdits Replace(MimePart part, ReadOnlySpan<byte> bytes)
    {
        ArgumentNullException.ThrowIfNull(part);
        replaced[part] = bytes.ToArray();
        return this;
    }

    /// <summary>Sets a field: the first of that name is rewritten, further ones go; a new one stands last.</summary>
    /// <param name="part">The message's root or a part.</param>
    /// <param name="name">A field name.</param>
    /// <param name="value">Text; what is not ASCII is encoded (RFC 2047). Control characters are removed.</param>
    /// <exception cref="ArgumentException">The name is no token.</exception>
    public MimeEdits SetHeader(MimePart part, string name, string value)
    {
        ArgumentNullException.ThrowIfNull(value);
        return Add(part, name, value);
    }

    /// <summary>Removes all fields of that name.</summary>
    public MimeEdits RemoveHeader(MimePart part, string name) => Add(part, name, null);

    internal byte[]? Replacement(MimePart part) => replaced.GetValueOrDefault(part);

    internal IReadOnlyList<HeaderEdit> Headers(MimePart part) => headers.GetValueOrDefault(part) ?? (IReadOnlyList<HeaderEdit>)[];

    private MimeEdits Add(MimePart part, string name, string? value)
    {
        ArgumentNullException.ThrowIfNull(part);
        if (!HeaderWriter.IsName(name))
        {
            throw new ArgumentException("A header's name must be a token.", nameof(name));
        }

        if (!headers.TryGetValue(part, out var list))
        {
            headers[part] = list = [];
        }

        list.RemoveAll(e => e.Name.Equals(name, StringComparison.OrdinalIgnoreCase));
        list.Add(new HeaderEdit(name, value));
        return this;
    }

    internal readonly record struct HeaderEdit(string Name, string? Value);
}
