using System.Text;

namespace Butler.Mail;

/// <summary>The header fields of a message or part, in their order. Values are decoded when asked for.</summary>
public sealed class HeaderList
{
    private readonly MimeDocument document;
    private readonly int start;

    internal HeaderList(MimeDocument document, int start, int count)
    {
        this.document = document;
        this.start = start;
        Count = count;
    }

    /// <summary>How many fields there are.</summary>
    public int Count { get; }

    /// <summary>The name of the field at <paramref name="index"/>, as written.</summary>
    public string GetName(int index) => Encoding.ASCII.GetString(NameSpan(index));

    /// <summary>The raw value of the field at <paramref name="index"/>, folding included.</summary>
    public ReadOnlyMemory<byte> GetRawAt(int index)
    {
        var field = document.Fields[Checked(index)];
        return document.Raw.Slice(field.ValueStart, field.ValueLength);
    }

    /// <summary>Whether a field of that name exists. Names are compared without case.</summary>
    public bool Contains(string name) => Find(name, 0) >= 0;

    /// <summary>How many fields of that name there are.</summary>
    public int CountOf(string name)
    {
        var count = 0;
        for (var i = Find(name, 0); i >= 0; i = Find(name, i + 1))
        {
            count++;
        }

        return count;
    }

    /// <summary>The first field of that name, unfolded, encoded words decoded, control characters removed; null if there is none.</summary>
    public string? Get(string name)
    {
        var index = Find(name, 0);
        return index < 0 ? null : HeaderText.Decode(ValueSpan(index));
    }

    /// <summary>All fields of that name, decoded as by <see cref="Get"/>.</summary>
    public IReadOnlyList<string> GetAll(string name)
    {
        List<string>? found = null;
        for (var i = Find(name, 0); i >= 0; i = Find(name, i + 1))
        {
            (found ??= []).Add(HeaderText.Decode(ValueSpan(i)));
        }

        return found ?? (IReadOnlyList<string>)[];
    }

    /// <summary>The first field of that name as it stands in the message; null if there is none.</summary>
    public ReadOnlyMemory<byte>? GetRaw(string name)
    {
        var index = Find(name, 0);
        return index < 0 ? null : GetRawAt(index);
    }

    /// <summary>The first field's text unfolded but with encoded words left as they are: what structured fields are parsed from.</summary>
    internal string? GetUnfolded(string name)
    {
        var index = Find(name, 0);
        return index < 0 ? null : HeaderText.Unfold(ValueSpan(index));
    }

    internal int Find(string name, int from)
    {
        var raw = document.Raw.Span;
        for (var i = from; i < Count; i++)
        {
            var field = document.Fields[start + i];
            if (field.NameLength == name.Length && Ascii.EqualsIgnoreCase(raw.Slice(field.NameStart, field.NameLength), name))
            {
                return i;
            }
        }

        return -1;
    }

    internal ReadOnlySpan<byte> ValueSpan(int index)
    {
        var field = document.Fields[start + index];
        return document.Raw.Span.Slice(field.ValueStart, field.ValueLength);
    }

    private ReadOnlySpan<byte> NameSpan(int index)
    {
        var field = document.Fields[Checked(index)];
        return document.Raw.Span.Slice(field.NameStart, field.NameLength);
    }

    private int Checked(int index)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(index);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(index, Count);
        return start + index;
    }
}
