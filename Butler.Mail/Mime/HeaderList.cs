using System.Text;

namespace Butler.Mail;

/// <summary>
/// The header fields of a message or part, in their order. Where they begin is found at the first look (four bytes a
/// field); values are decoded when asked for.
/// </summary>
public sealed class HeaderList
{
    private const int OnStack = 128;
    private readonly MimeDocument document;
    private readonly int[] starts;
    private readonly int end;

    internal HeaderList(MimeDocument document, int start, int end)
    {
        this.document = document;
        this.end = end;
        starts = FindFields(document.Raw.Span[..end], start);
    }

    /// <summary>How many fields there are.</summary>
    public int Count => starts.Length;

    /// <summary>The name of the field at <paramref name="index"/>, as written.</summary>
    public string GetName(int index)
    {
        var field = FieldSpan(index);
        HeaderLines.IsField(field, out var name, out _);
        return Encoding.ASCII.GetString(field[..name]);
    }

    /// <summary>The raw value of the field at <paramref name="index"/>, folding included.</summary>
    public ReadOnlyMemory<byte> GetRawAt(int index)
    {
        var field = FieldSpan(index);
        HeaderLines.IsField(field, out _, out var colon);
        return document.Raw.Slice(starts[index] + colon + 1, field.Length - colon - 1);
    }

    /// <summary>The value of the field at <paramref name="index"/>, decoded as by <see cref="Get"/>.</summary>
    public string GetAt(int index) => HeaderText.Decode(ValueSpan(index), document);

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
        return index < 0 ? null : GetAt(index);
    }

    /// <summary>All fields of that name, decoded as by <see cref="Get"/>.</summary>
    public IReadOnlyList<string> GetAll(string name)
    {
        List<string>? found = null;
        for (var i = Find(name, 0); i >= 0; i = Find(name, i + 1))
        {
            (found ??= []).Add(GetAt(i));
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
        return index < 0 ? null : UnfoldAt(index);
    }

    internal string UnfoldAt(int index) => HeaderText.Unfold(ValueSpan(index), document);

    internal int Find(string name, int from)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        var raw = document.Raw.Span[..end];
        var letter = name[0] | 0x20;
        for (var i = from; i < starts.Length; i++)
        {
            var field = raw[starts[i]..];
            if ((field[0] | 0x20) == letter && field.Length > name.Length && field[name.Length] is (byte)':' or (byte)' ' or (byte)'\t'
                && Ascii.EqualsIgnoreCase(field[..name.Length], name))
            {
                return i;
            }
        }

        return -1;
    }

    /// <summary>The whole field as it stands in the message, its line break included.</summary>
    internal (int Start, int End) RangeAt(int index)
    {
        Check(index);
        return (starts[index], index + 1 < starts.Length ? starts[index + 1] : end);
    }

    internal ReadOnlySpan<byte> ValueSpan(int index)
    {
        var field = FieldSpan(index);
        HeaderLines.IsField(field, out _, out var colon);
        return field[(colon + 1)..];
    }

    private ReadOnlySpan<byte> FieldSpan(int index)
    {
        var (from, to) = RangeAt(index);
        return document.Raw.Span[from..to].TrimEnd("\r\n"u8);
    }

    private static int[] FindFields(ReadOnlySpan<byte> section, int position)
    {
        Span<int> first = stackalloc int[OnStack];
        List<int>? more = null;
        var count = 0;
        while (position < section.Length)
        {
            var length = HeaderLines.Length(section, position);
            // What is no field was found to belong to the one before it when the message was read.
            if (length > 0 && HeaderLines.IsField(section.Slice(position, length), out _, out _))
            {
                if (count < OnStack)
                {
                    first[count] = position;
                }
                else
                {
                    (more ??= []).Add(position);
                }

                count++;
            }

            position = HeaderLines.AfterBreak(section, position + length);
        }

        var all = new int[count];
        first[..Math.Min(count, OnStack)].CopyTo(all);
        more?.CopyTo(all, OnStack);
        return all;
    }

    private void Check(int index)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(index);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(index, starts.Length);
    }
}
