namespace Butler.Mail;

/// <summary>The form of the servers' lines: how a mail came, and whether it is addressed to whom it was delivered.</summary>
internal static class HopShape
{
    private const int MaxReceived = 8;
    private const int MaxReceivers = 50;

    private static readonly System.Buffers.SearchValues<string> s_dynamic =
        System.Buffers.SearchValues.Create(["dsl", "dial", "ppp", "dhcp", "pool", "cable", "dynamic", "client", "cust"], StringComparison.OrdinalIgnoreCase);

    private static readonly System.Buffers.SearchValues<string> s_inner = System.Buffers.SearchValues.Create(["127.0.0.1", "localhost", "[10.", "[192.168."], StringComparison.OrdinalIgnoreCase);

    public static void Read(MimeMessage message, ShapeWords words)
    {
        var (headers, sender) = (message.Headers, message.From?.Domain);
        var bounce = Bounce(headers);
        var (count, own) = (0, false);
        var receivers = new Receivers(message);
        receivers.Read(headers.Get("Delivered-To"));
        receivers.Read(headers.Get("X-Original-To"));
        string? first = null;
        for (var i = headers.Find("Received", 0); i >= 0 && count < 32; i = headers.Find("Received", i + 1))
        {
            if (++count > MaxReceived)
            {
                continue;
            }

            first = headers.GetAt(i);
            var hop = first.AsSpan();
            words.Add("hop:unknown", hop.Contains("unknown", StringComparison.OrdinalIgnoreCase));
            words.Add("hop:forged", hop.Contains("may be forged", StringComparison.OrdinalIgnoreCase));
            words.Add("hop:helo-ip", hop.Contains("helo=[", StringComparison.OrdinalIgnoreCase) || hop.StartsWith("from [") || (hop.Length > 6 && hop.StartsWith("from ") && char.IsAsciiDigit(hop[5])));
            words.Add("hop:helo-name", hop.StartsWith("from ") && hop.Length > 30 && hop[5..30].IndexOf(' ') is > 0 and var end && !hop.Slice(5, end).Contains('.'));
            words.Add("hop:dynamic", hop.IndexOfAny(s_dynamic) >= 0);
            words.Add("hop:http", hop.Contains(" HTTP", StringComparison.OrdinalIgnoreCase));
            own |= From(hop, sender, bounce, words);
            receivers.ReadLine(hop);
            words.Add("hop:tls", hop.Contains("TLS", StringComparison.OrdinalIgnoreCase));
        }

        words.Count("hops:", count);
        words.Add("hop:never-own", count > 0 && !own);
        words.Add(receivers.Word);
        words.Add("to:tag-of-sender", message.To.Take(MaxReceivers).Any(to => Tag(to.LocalPart) is { Length: > 2 } tag
            && (message.From?.Address ?? "").Contains(tag, StringComparison.OrdinalIgnoreCase)));
        if (first is null)
        {
            return;
        }

        // The last line is the one nearest to the sender.
        var with = first.IndexOf(" with ", StringComparison.Ordinal);
        var protocol = with < 0 ? [] : first.AsSpan(with + 6);
        var stop = protocol.IndexOfAny(" ;(");
        words.Add("origin:", stop < 0 ? protocol : protocol[..stop]);
        words.Add("origin:local", first.Contains("localhost", StringComparison.Ordinal) || first.Contains("127.0.0.1", StringComparison.Ordinal));
        words.Add("origin:no-from", !first.StartsWith("from", StringComparison.OrdinalIgnoreCase));
        words.Add("origin:by-user", first.Contains("userid", StringComparison.OrdinalIgnoreCase) || first.Contains("(from ", StringComparison.Ordinal));
    }

    /// <summary>Who handed the mail on in this line; true where it is the sender's own server.</summary>
    private static bool From(ReadOnlySpan<char> hop, string? sender, ReadOnlySpan<char> bounce, ShapeWords words)
    {
        if (!hop.StartsWith("from ", StringComparison.OrdinalIgnoreCase))
        {
            return false;
        }

        var by = hop.IndexOf(" by ");
        var from = (by < 0 ? hop[5..] : hop[5..Math.Max(5, by)]).TrimStart();
        // Lines of a server about itself or its own network tell nothing of the sender.
        if (from.IndexOfAny(s_inner) >= 0)
        {
            return false;
        }

        var end = from.IndexOfAny(" (");
        var greeting = end < 0 ? from : from[..end];
        var open = from.IndexOf('(');
        var inside = open < 0 ? [] : from[(open + 1)..];
        var bracket = inside.IndexOf('[');
        var name = bracket <= 0 ? [] : inside[..bracket].Trim().TrimEnd('.');
        name = name[(name.LastIndexOf(' ') + 1)..];
        var known = name.Contains('.') && char.IsAsciiLetter(name[^1]);
        words.Add(known ? Domains.Same(name, greeting) ? "hop:rdns=helo" : "hop:rdns-differs" : bracket >= 0 ? "hop:no-rdns" : "hop:bare");
        var host = known ? name : greeting;
        words.Add("hop:own-bounce", Domains.Same(host, bounce));
        var own = Domains.Same(host, sender);
        words.Add("hop:own", own);
        return own;
    }

    private static ReadOnlySpan<char> Bounce(HeaderList headers)
    {
        var path = headers.Get("Return-Path").AsSpan().Trim("<> \t");
        return path[(path.LastIndexOf('@') + 1)..];
    }

    /// <summary>Whether To or Cc hold an address it was delivered to.</summary>
    private struct Receivers(MimeMessage message)
    {
        private bool known;
        private bool named;
        private bool near;

        public void ReadLine(ReadOnlySpan<char> line)
        {
            if (line.IndexOf(" for ") is >= 0 and var at)
            {
                var rest = line[(at + 5)..].TrimStart();
                var end = rest.IndexOfAny(" ;");
                Read(end < 0 ? rest : rest[..end]);
            }
        }

        public void Read(ReadOnlySpan<char> address)
        {
            address = address.Trim("<>; \t");
            var at = address.LastIndexOf('@');
            if (at > 0)
            {
                known = true;
                Compare(address, at, message.To);
                Compare(address, at, message.Cc);
            }
        }

        public readonly string Word => named ? "to:receiver" : near ? "to:receivers-domain" : known ? "to:not-receiver" : "to:receiver-unknown";

        private void Compare(ReadOnlySpan<char> address, int at, IReadOnlyList<MailAddress> list)
        {
            for (var i = 0; i < Math.Min(list.Count, MaxReceivers) && !named; i++)
            {
                named = address.Equals(list[i].Address, StringComparison.OrdinalIgnoreCase);
                near |= list[i].Address.AsSpan().EndsWith(address[at..], StringComparison.OrdinalIgnoreCase);
            }
        }
    }

    /// <summary>What follows the mark in an address made for one sender (RFC 5233).</summary>
    private static string Tag(string local) => local.IndexOfAny(['+', '-']) is > 0 and var at ? local[(at + 1)..] : "";
}
