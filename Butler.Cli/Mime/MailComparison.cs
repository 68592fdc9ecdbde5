using System.Text;

namespace Butler.Cli.Mime;

/// <summary>Compares what Butler and another parser read of a mail, field by field, and names the class of each difference.</summary>
internal static class MailComparison
{
    /// <summary>The fields that are compared, in the order of the table.</summary>
    public static readonly string[] Fields = ["subject", "from", "to", "cc", "names", "date", "message id", "structure", "decoded bytes", "text", "html", "files"];

    /// <summary>One field of one mail.</summary>
    /// <param name="Field">Its name.</param>
    /// <param name="Class">The class of the difference; null where both agree.</param>
    /// <param name="Ours">What Butler read, for one's own eyes.</param>
    /// <param name="Theirs">What the other read.</param>
    public readonly record struct Result(string Field, string? Class, string Ours = "", string Theirs = "");

    public static IEnumerable<Result> Compare(ReadMail ours, ReadMail theirs)
    {
        if (theirs.Failed)
        {
            yield return new Result("subject", "the other throws");
            yield break;
        }

        yield return Text("subject", ours.Subject, theirs.Subject, ours.Defects);
        yield return Addresses("from", ours.From, theirs.From);
        yield return Addresses("to", ours.To, theirs.To);
        yield return Addresses("cc", ours.Cc, theirs.Cc);
        if (Same(ours.From, theirs.From) && Same(ours.To, theirs.To) && Same(ours.Cc, theirs.Cc))
        {
            yield return Names([.. ours.From, .. ours.To, .. ours.Cc], [.. theirs.From, .. theirs.To, .. theirs.Cc]);
        }

        yield return Date(ours.Date, theirs.Date);
        yield return new Result("message id", Plain(ours.Id) == Plain(theirs.Id.Trim('<', '>')) ? null : ours.Id.Length == 0 ? "Butler finds none" : theirs.Id.Length == 0 ? "the other finds none" : "different", ours.Id, theirs.Id);
        foreach (var result in theirs.Leaves is { } leaves ? Tree(ours, leaves) : Joined(ours, theirs))
        {
            yield return result;
        }
    }

    private static IEnumerable<Result> Tree(ReadMail ours, IReadOnlyList<Leaf> theirs)
    {
        var (a, b) = (string.Join(' ', ours.Leaves!.Select(l => l.Type)), string.Join(' ', theirs.Select(l => l.Type)));
        if (a != b)
        {
            var broken = ours.Defects.Length > 0 ? $"broken mail: {ours.Defects}" : ours.Leaves!.Count == theirs.Count ? "a type is read differently" : "the tree differs";
            yield return new Result("structure", broken, a, b);
            yield break;
        }

        yield return new Result("structure", null);
        string? bytes = null;
        string? text = null;
        var (left, right) = ("", "");
        for (var i = 0; i < theirs.Count; i++)
        {
            var (x, y) = (ours.Leaves![i], theirs[i]);
            if (y.Hash is not null && x.Hash != y.Hash)
            {
                bytes ??= $"{x.Encoding}: {(Math.Abs(x.Size - y.Size) <= 2 ? "the last line break" : x.Size > y.Size ? "the other has fewer" : "the other has more")}";
            }

            if (y.Text is not null && x.Text is not null && Text("text", x.Text, y.Text, ours.Defects) is { Class: { } found } difference)
            {
                (text, left, right) = (text ?? found, difference.Ours, difference.Theirs);
            }
        }

        yield return new Result("decoded bytes", bytes);
        yield return new Result("text", text, left, right);
    }

    private static IEnumerable<Result> Joined(ReadMail ours, ReadMail theirs)
    {
        yield return Text("text", ours.Text ?? "", theirs.Text ?? "", ours.Defects);
        yield return Html(ours, theirs);
        var missing = theirs.Files.Count(f => f.Size > 0 && f.Hash is not null && !ours.Hashes.Contains(f.Hash));
        yield return new Result("files", missing == 0 ? null : ours.Defects.Length > 0 ? $"broken mail: {ours.Defects}" : "a file's bytes differ", string.Join(' ', ours.Leaves!.Select(l => $"{l.Type}:{l.Size}")), string.Join(' ', theirs.Files.Select(f => $"{f.Type}:{f.Size}")));
    }

    // mailparser and postal-mime put text parts that stand beside HTML into it, as HTML of their own making.
    private static Result Html(ReadMail ours, ReadMail theirs)
    {
        var result = Text("html", ours.Html ?? "", theirs.Html ?? "", ours.Defects);
        if (result.Class is null)
        {
            return result;
        }

        var (a, b) = (WithoutBreaks(ours.Html), WithoutBreaks(theirs.Html));
        return a == b ? new Result("html", null)
            : a.Length > 0 && b.Length > a.Length && b.Contains(a, StringComparison.Ordinal) ? result with { Class = "the other puts text parts and its own HTML round it" } : result;
    }

    private static string WithoutBreaks(string? html) => Plain(html ?? "").Replace("<br/>", "", StringComparison.Ordinal);

    private static Result Text(string field, string ours, string theirs, string defects)
    {
        var (a, b) = (Plain(ours), Plain(theirs));
        if (a == b)
        {
            return new Result(field, null);
        }

        var cause = theirs.StartsWith("!", StringComparison.Ordinal) && theirs.Length < 40 && theirs.EndsWith("Error", StringComparison.Ordinal) ? "the other throws"
            : b.Length == 0 ? "the other has none"
            : a.Length == 0 ? "Butler has none"
            : theirs.Contains('\uFFFD') && !ours.Contains('\uFFFD') ? "the other lost characters (U+FFFD)"
            : ours.Contains('\uFFFD') && !theirs.Contains('\uFFFD') ? "Butler marks what cannot be read (U+FFFD)"
            : ours.Contains('\uFFFD') ? "both mark what cannot be read"
            : theirs.Contains("=?", StringComparison.Ordinal) && !ours.Contains("=?", StringComparison.Ordinal) ? "the other leaves encoded words"
            : Letters(ours) == Letters(theirs) ? "another charset was taken"
            : defects.Length > 0 ? $"broken mail: {defects}"
            : b.Contains(a, StringComparison.Ordinal) ? "the other has more" : a.Contains(b, StringComparison.Ordinal) ? "Butler has more" : "different";
        return new Result(field, cause, Excerpt(a, b), Excerpt(b, a));
    }

    private static Result Addresses(string field, IReadOnlyList<(string Name, string Address)> ours, IReadOnlyList<(string Name, string Address)> theirs) =>
        new(field, Same(ours, theirs) ? null : List(theirs).Length == 0 ? "the other finds none" : List(ours).Length == 0 ? "Butler finds none" : ours.Count > theirs.Count(t => t.Address.Length > 0) ? "the other finds fewer" : ours.Count < theirs.Count ? "the other finds more" : "different", List(ours), List(theirs));

    private static bool Same(IReadOnlyList<(string Name, string Address)> ours, IReadOnlyList<(string Name, string Address)> theirs) => List(ours) == List(theirs);

    private static string List(IReadOnlyList<(string Name, string Address)> list) =>
        string.Join(' ', list.Where(a => a.Address.Length > 0).Select(a => Plain(a.Address).Replace("\"", "", StringComparison.Ordinal).ToLowerInvariant()));

    private static Result Names(IReadOnlyList<(string Name, string Address)> ours, IReadOnlyList<(string Name, string Address)> theirs)
    {
        // A name that only repeats the address, and quotes and comments round it, are taste.
        var a = string.Join('|', ours.Select(n => Name(n)));
        var b = string.Join('|', theirs.Where(t => t.Address.Length > 0).Select(n => Name(n)));
        return Bare(a) == Bare(b) ? new Result("names", null) : Text("names", a, b, "") with { Ours = a, Theirs = b };
    }

    private static string Name((string Name, string Address) address) => Bare(address.Name).Equals(Bare(address.Address), StringComparison.OrdinalIgnoreCase) ? "" : address.Name;

    private static string Bare(string text) => Plain(text).Replace("'", "", StringComparison.Ordinal).Replace("\"", "", StringComparison.Ordinal).Replace("\\", "", StringComparison.Ordinal);

    private static Result Date(long? ours, long? theirs) =>
        new("date", ours == theirs ? null : theirs is null ? "the other finds none" : ours is null ? "Butler finds none" : Math.Abs(ours.Value - theirs.Value) <= 14 * 3600 ? "another zone" : "different", $"{ours}", $"{theirs}");

    // White space is the first thing that transport changes; control characters are never shown.
    private static string Plain(string text)
    {
        var result = new StringBuilder(text.Length);
        foreach (var c in text)
        {
            if (!char.IsWhiteSpace(c) && !char.IsControl(c) && c is not ('\uFEFF' or (>= '\u202A' and <= '\u202E') or (>= '\u2066' and <= '\u2069')))
            {
                result.Append(c);
            }
        }

        return result.ToString();
    }

    private static string Letters(string text) => string.Concat(text.Where(c => c is > ' ' and < '\x7F'));

    private static string Excerpt(string text, string other)
    {
        var at = 0;
        while (at < text.Length && at < other.Length && text[at] == other[at])
        {
            at++;
        }

        var from = Math.Max(0, at - 30);
        return $"{from}:{text.Substring(from, Math.Min(90, text.Length - from))}";
    }
}
