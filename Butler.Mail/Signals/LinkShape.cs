namespace Butler.Mail;

/// <summary>Where a mail's links lead, by the form of the address.</summary>
internal sealed class LinkShape(string sender, ShapeWords words)
{
    private const int MaxLinks = 60;
    private const int LeastWord = 3;
    private const int LongestWord = 14;
    private readonly HashSet<int> hosts = [];
    private int links;
    private int own;

    /// <summary>The links written out in plain text.</summary>
    public static void ReadText(ReadOnlySpan<char> text, string sender, ShapeWords words)
    {
        var shape = new LinkShape(sender, words);
        for (var rest = text; rest.IndexOf("://") is >= 0 and var at && shape.links < MaxLinks;)
        {
            var from = at;
            while (from > 0 && char.IsAsciiLetter(rest[from - 1]))
            {
                from--;
            }

            var end = rest[at..].IndexOfAny(" \t\r\n<>\"'");
            shape.Add(end < 0 ? rest[from..] : rest[from..(at + end)]);
            rest = end < 0 ? [] : rest[(at + end)..];
        }

        words.Add("text:mailto", text.Contains("mailto:", StringComparison.OrdinalIgnoreCase));
        shape.Close("text");
    }

    public void Add(ReadOnlySpan<char> url)
    {
        if (links >= MaxLinks)
        {
            return;
        }

        var at = url.IndexOf("://");
        if (at < 0)
        {
            words.Add("url:mailto", url.StartsWith("mailto:", StringComparison.OrdinalIgnoreCase));
            return;
        }

        links++;
        var rest = url[(at + 3)..];
        var slash = rest.IndexOfAny("/?#");
        var host = slash < 0 ? rest : rest[..slash];
        var path = slash < 0 ? [] : rest[slash..];
        words.Add("url:https", url.StartsWith("https", StringComparison.OrdinalIgnoreCase));
        words.Add("url:user", host.Contains('@'));
        words.Add("url:escaped-host", host.Contains('%'));
        host = host[(host.LastIndexOf('@') + 1)..];
        var colon = host.IndexOf(':');
        words.Add("url:port", colon >= 0);
        host = (colon < 0 ? host : host[..colon]).TrimEnd('.');
        if (host.IsEmpty)
        {
            words.Add("url:no-host");
            return;
        }

        var number = host.IndexOfAnyExcept("0123456789.") < 0;
        var name = number ? host : Domains.Base(host);
        words.Add("url:ip", number);
        if (!number)
        {
            words.Add("url:tld=", host[(host.LastIndexOf('.') + 1)..]);
            words.Add("host:", name);
        }

        own += Domains.Same(host, sender) ? 1 : 0;
        hosts.Add(string.GetHashCode(name, StringComparison.OrdinalIgnoreCase));
        var dot = name.IndexOf('.');
        var label = dot < 0 ? name : name[..dot];
        words.Add("url:host-digits", label.IndexOfAnyInRange('0', '9') >= 0);
        words.Add("url:host-random", Looks.Random(label));
        words.Add("url:host-hyphens", label.Count('-') > 1);
        words.Add("url:deep-host", host.Count('.') > 3);
        words.Add("url:no-path", path.Length <= 1);
        words.Add("url:address", path.Contains('@'));
        words.Add("url:redirect", path.Contains("http", StringComparison.OrdinalIgnoreCase));
        words.Add("url:long", path.Length > 120);
        words.Add("url:query", path.Contains('?'));
        words.Add("url:remove", path.Contains("remove", StringComparison.OrdinalIgnoreCase) || path.Contains("optout", StringComparison.OrdinalIgnoreCase) || path.Contains("opt-out", StringComparison.OrdinalIgnoreCase));
        words.Add("url:unsubscribe", path.Contains("unsub", StringComparison.OrdinalIgnoreCase));
        var query = path.IndexOf('?');
        var file = query < 0 ? path : path[..query];
        Told(host, host.LastIndexOf('.'));
        Told(file, file.Length);
        var extension = file.LastIndexOf('.');
        words.Add("url:file=", extension >= 0 && file.Length - extension is > 1 and <= 6 ? file[(extension + 1)..] : "none");
    }

    // Words of host and path say what a link is for ("newsletter", "remove"). Not of the query, nor beside an @: those name the receiver.
    private void Told(ReadOnlySpan<char> text, int end)
    {
        if (text.Contains('@') || text.Contains("%40", StringComparison.Ordinal))
        {
            return;
        }

        for (var i = 0; i < end; i++)
        {
            var from = i;
            while (i < end && char.IsAsciiLetter(text[i]))
            {
                i++;
            }

            if (i - from is >= LeastWord and <= LongestWord)
            {
                words.AddLast("link:", text[from..i]);
            }
        }
    }

    public void Close(string where)
    {
        words.Count(where + ":links", links);
        words.Count(where + ":hosts", hosts.Count);
        words.Add(where + ":links-own", links > 0 && own * 2 > links);
        words.Add(where + ":links-foreign", links > 0 && own == 0);
    }
}
