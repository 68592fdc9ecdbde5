using System.Globalization;
using System.Text;

namespace Butler.Mailboxes.Imap;

/// <summary>A set of UIDs as ascending ranges: what a server names with few bytes (<c>1:4000000000</c>) costs few here too.</summary>
public sealed class ImapUidSet
{
    private readonly List<(uint First, uint Last)> _ranges = [];

    /// <summary>Makes an empty set.</summary>
    public ImapUidSet()
    {
    }

    /// <summary>Makes a set of some UIDs, in any order.</summary>
    public ImapUidSet(IEnumerable<uint> uids)
    {
        foreach (var uid in uids.Order())
        {
            Append(uid, uid);
        }
    }

    /// <summary>The ranges, ascending, neither touching nor overlapping.</summary>
    public IReadOnlyList<(uint First, uint Last)> Ranges => _ranges;

    /// <summary>How many UIDs it holds.</summary>
    public long Count
    {
        get
        {
            var count = 0L;
            foreach (var (first, last) in _ranges)
            {
                count += (long)last - first + 1;
            }

            return count;
        }
    }

    /// <summary>Whether it holds none.</summary>
    public bool IsEmpty => _ranges.Count == 0;

    /// <summary>The greatest UID, 0 when empty.</summary>
    public uint Max => IsEmpty ? 0 : _ranges[^1].Last;

    /// <summary>A set of one range; from greater than to gives the same range (RFC 3501 section 9, seq-range).</summary>
    public static ImapUidSet Range(uint from, uint to)
    {
        var set = new ImapUidSet();
        set.Add(Math.Min(from, to), Math.Max(from, to));
        return set;
    }

    /// <summary>Adds a range.</summary>
    public void Add(uint first, uint last)
    {
        if (first == 0 || last < first)
        {
            return;
        }

        if (IsEmpty || first > _ranges[^1].First)
        {
            Append(first, last);
            return;
        }

        // Out of order: rare and short, except in SEARCH answers, which are sorted before.
        var at = _ranges.FindIndex(r => (long)r.Last + 1 >= first);
        var end = at;
        while (end < _ranges.Count && _ranges[end].First <= (long)last + 1)
        {
            first = Math.Min(first, _ranges[end].First);
            last = Math.Max(last, _ranges[end].Last);
            end++;
        }

        _ranges.RemoveRange(at, end - at);
        _ranges.Insert(at, (first, last));
    }

    /// <summary>Adds one UID.</summary>
    public void Add(uint uid) => Add(uid, uid);

    /// <summary>Adds another set.</summary>
    public void Add(ImapUidSet other)
    {
        foreach (var (first, last) in other._ranges)
        {
            Add(first, last);
        }
    }

    /// <summary>Whether it holds a UID.</summary>
    public bool Contains(uint uid)
    {
        int low = 0, high = _ranges.Count - 1;
        while (low <= high)
        {
            var middle = (low + high) / 2;
            if (uid < _ranges[middle].First)
            {
                high = middle - 1;
            }
            else if (uid > _ranges[middle].Last)
            {
                low = middle + 1;
            }
            else
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>The UIDs, ascending. A set that a server wrote can name four thousand million: ask <see cref="Count"/> first, or <see cref="Contains"/> for the known ones.</summary>
    public IEnumerable<uint> Uids()
    {
        foreach (var (first, last) in _ranges)
        {
            for (ulong uid = first; uid <= last; uid++)
            {
                yield return (uint)uid;
            }
        }
    }

    /// <summary>Splits into sets of at most so many UIDs, each at most so many characters long; ascending, or the newest first.</summary>
    public IEnumerable<ImapUidSet> Split(int maxUids, int maxChars = int.MaxValue, bool newestFirst = false)
    {
        var part = new ImapUidSet();
        int count = 0, chars = 0;
        foreach (var (first, last) in newestFirst ? Enumerable.Reverse(_ranges) : _ranges)
        {
            for (var (from, to) = ((ulong)first, (ulong)last); from <= to;)
            {
                if (count == maxUids || chars + 22 > maxChars)
                {
                    yield return part;
                    (part, count, chars) = (new ImapUidSet(), 0, 0);
                }

                var take = (ulong)(maxUids - count);
                var size = Math.Min(take, to - from + 1);
                part.Add((uint)(newestFirst ? to - size + 1 : from), (uint)(newestFirst ? to : from + size - 1));
                (from, to) = newestFirst ? (from, to - size) : (from + size, to);
                count += (int)size;
                chars += 22;
            }
        }

        if (count > 0)
        {
            yield return part;
        }
    }

    /// <summary>Reads <c>1:3,7</c>; false for anything else, <c>*</c> included.</summary>
    public static bool TryParse(ReadOnlySpan<byte> text, out ImapUidSet set)
    {
        set = new();
        foreach (var range in text.Split((byte)','))
        {
            var part = text[range];
            if (part.IsEmpty)
            {
                // Outlook.com: [COPYUID n  ]
                continue;
            }

            var colon = part.IndexOf((byte)':');
            if (!uint.TryParse(colon < 0 ? part : part[..colon], NumberStyles.None, CultureInfo.InvariantCulture, out var first))
            {
                return false;
            }

            var last = first;
            if (colon >= 0 && !uint.TryParse(part[(colon + 1)..], NumberStyles.None, CultureInfo.InvariantCulture, out last))
            {
                return false;
            }

            set.Add(Math.Min(first, last), Math.Max(first, last));
        }

        return true;
    }

    /// <summary>The set as commands write it.</summary>
    public override string ToString()
    {
        var text = new StringBuilder();
        foreach (var (first, last) in _ranges)
        {
            text.Append(text.Length == 0 ? "" : ",").Append(first);
            if (last != first)
            {
                text.Append(':').Append(last);
            }
        }

        return text.ToString();
    }

    private void Append(uint first, uint last)
    {
        if (_ranges.Count > 0 && (long)_ranges[^1].Last + 1 >= first)
        {
            _ranges[^1] = (_ranges[^1].First, Math.Max(_ranges[^1].Last, last));
        }
        else
        {
            _ranges.Add((first, last));
        }
    }
}
