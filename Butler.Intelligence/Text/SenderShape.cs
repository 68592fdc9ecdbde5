using System.Collections.Frozen;

namespace Butler.Intelligence.Text;

/// <summary>What the part before the @ says of the sender.</summary>
internal enum SenderRole : byte
{
    Person,
    NoReply,
    Marketing,
    Billing,
    Support,
    Role,
    Random,
}

/// <summary>What a sender's address looks like. Domains are never learnt by name: that would be popularity, not content.</summary>
internal static class SenderShape
{
    private static readonly string[] NoReply = ["noreply", "no-reply", "no_reply", "donotreply", "do-not-reply", "do_not_reply", "mailer-daemon", "notifications", "notification", "notify", "bounce", "automated", "postmaster"];
    private static readonly string[] Marketing = ["newsletter", "news", "marketing", "promo", "offers", "offer", "deals", "sales", "digest", "campaign", "rewards", "updates", "prize"];
    private static readonly string[] Billing = ["billing", "invoice", "receipts", "payments", "accounts", "orders", "order", "statements", "alerts", "alert"];
    private static readonly string[] Support = ["support", "helpdesk", "help", "service", "customer", "care", "ticket"];
    private static readonly string[] Roles = ["info", "team", "hello", "contact", "admin", "office", "hr", "security", "events", "webmaster", "root"];

    private static readonly FrozenSet<string>.AlternateLookup<ReadOnlySpan<char>> FreeMail = new[]
    {
        "gmail.com", "googlemail.com", "yahoo.com", "hotmail.com", "outlook.com", "live.com", "aol.com", "icloud.com", "me.com",
        "msn.com", "gmx.de", "gmx.net", "web.de", "t-online.de", "fastmail.com", "proton.me", "protonmail.com", "orange.fr",
        "free.fr", "laposte.net", "libero.it", "hotmail.fr", "yahoo.fr", "yahoo.co.uk", "hotmail.co.uk", "comcast.net", "email.com",
    }.ToFrozenSet(StringComparer.OrdinalIgnoreCase).GetAlternateLookup<ReadOnlySpan<char>>();

    // Companies that fraud names most. Left out: names that people bear (Chase, Norton) and plain words (Visa, UPS).
    private static readonly string[] s_brands =
    [
        "paypal", "microsoft", "office 365", "onedrive", "sharepoint", "outlook team", "apple id", "icloud", "amazon", "netflix", "spotify", "disney+", "dhl", "fedex", "usps",
        "facebook", "instagram", "whatsapp", "linkedin", "google", "ebay", "coinbase", "binance", "metamask", "docusign", "dropbox", "wetransfer", "bank of america",
        "wells fargo", "citibank", "hsbc", "barclays", "american express", "mastercard", "walmart", "costco", "mcafee", "trust wallet",
        "sparkasse", "volksbank", "commerzbank", "postbank", "telekom", "vodafone", "santander", "correios", "itaú", "bradesco", "hmrc",
        "royal mail", "postnl", "chronopost", "booking.com", "airbnb", "home depot", "xfinity", "lidl", "zalando", "mercado pago", "mercado livre", "nubank", "bbva", "rabobank",
        "trezor", "opensea", "uniswap", "roblox",
    ];

    // Hosts below which anybody opens a name for nothing, or nearly so.
    private static readonly string[] s_givenAway =
    [
        ".onmicrosoft.com", ".firebaseapp.com", ".web.app", ".pages.dev", ".workers.dev", ".netlify.app", ".vercel.app", ".herokuapp.com", ".github.io", ".glitch.me", ".r2.dev",
        ".weebly.com", ".wixsite.com", ".000webhostapp.com", ".duckdns.org", ".ddns.net", ".no-ip.org", ".za.com", ".sa.com", ".ru.com",
    ];

    // Top-level domains that cost next to nothing and that abuse reports name again and again.
    private static readonly FrozenSet<string>.AlternateLookup<ReadOnlySpan<char>> s_cheap = new[]
    {
        "tk", "ml", "ga", "cf", "gq", "xyz", "top", "click", "icu", "loan", "win", "online", "site", "shop", "store", "space", "website", "fun", "live", "club", "buzz", "rest", "monster",
        "quest", "cyou", "cfd", "sbs", "bond", "uno", "cam", "bid", "trade", "date", "download", "stream", "review", "racing", "accountant", "faith", "men", "gdn", "mom", "lol", "hair",
        "skin", "beauty", "autos", "pics",
    }.ToFrozenSet(StringComparer.OrdinalIgnoreCase).GetAlternateLookup<ReadOnlySpan<char>>();

    /// <summary>A name below a host's own domain, as an account without a domain has: people and companies write from their own or a mail provider's.</summary>
    public static bool IsGivenAway(string address)
    {
        var domain = Domain(address);
        foreach (var host in s_givenAway)
        {
            if (domain.EndsWith(host, StringComparison.OrdinalIgnoreCase))
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>The domain is of a top-level domain that costs next to nothing.</summary>
    public static bool IsCheap(ReadOnlySpan<char> domain) => s_cheap.Contains(domain[(domain.LastIndexOf('.') + 1)..]);

    /// <summary>An address that no server on the Internet could answer: its domain has one part (RFC 5321 section 2.3.5).</summary>
    public static bool HasNoDomain(string address) => address.Contains('@') && Domain(address).IndexOf('.') < 0;

    /// <summary>The name, or the address, is written in letters that look like others.</summary>
    public static bool IsDisguised(MailPerson from) => Disguise.In(from.Name) || Disguise.In(from.Address);

    /// <summary>The sender's name is that of a company whose name its domain does not hold: the usual dress of phishing.</summary>
    public static bool BorrowsBrand(MailPerson from)
    {
        var name = (Disguise.In(from.Name) ? Disguise.Unmask(from.Name) : from.Name).AsSpan();
        var domain = Domain(from.Address);
        if (name.Length is < 3 or > 80 || domain.IsEmpty)
        {
            return false;
        }

        foreach (var brand in s_brands)
        {
            var at = name.IndexOf(brand, StringComparison.OrdinalIgnoreCase);
            if (at >= 0 && (at == 0 || !char.IsLetter(name[at - 1])) && (at + brand.Length == name.Length || !char.IsLetter(name[at + brand.Length])))
            {
                return !WritesFrom(brand, domain);
            }
        }

        return false;
    }

    // The first word is enough: "American Express" writes from americanexpress.com, "Apple ID" from apple.com. What anybody can open
    // below a company's domain does not count.
    private static bool WritesFrom(string brand, ReadOnlySpan<char> domain)
    {
        if (domain.EndsWith("onmicrosoft.com", StringComparison.OrdinalIgnoreCase))
        {
            return false;
        }

        var space = brand.IndexOf(' ', StringComparison.Ordinal);
        var told = brand switch
        {
            "itaú" => "itau",
            "disney+" => "disney",
            _ => space < 0 ? brand : brand.AsSpan(0, space),
        };
        return domain.Contains(told, StringComparison.OrdinalIgnoreCase)
            || (brand is "office 365" or "onedrive" or "sharepoint" or "outlook team" && domain.Contains("microsoft", StringComparison.OrdinalIgnoreCase));
    }

    public static ReadOnlySpan<char> Domain(ReadOnlySpan<char> address) => address[(address.LastIndexOf('@') + 1)..];

    public static ReadOnlySpan<char> Local(ReadOnlySpan<char> address)
    {
        var at = address.LastIndexOf('@');
        return at < 0 ? address : address[..at];
    }

    public static bool IsFreeMail(string address) => FreeMail.Contains(Domain(address));

    public static SenderRole Role(string address)
    {
        var local = Local(address);
        return local.IsEmpty ? SenderRole.Random
            : Any(local, NoReply) ? SenderRole.NoReply
            : Any(local, Marketing) ? SenderRole.Marketing
            : Any(local, Billing) ? SenderRole.Billing
            : Any(local, Support) ? SenderRole.Support
            : Any(local, Roles) ? SenderRole.Role
            : Digits(local) >= 4 ? SenderRole.Random
            : SenderRole.Person;
    }

    public static bool SharesDomainWithOwner(MailFeatures mail)
    {
        var domain = Domain(mail.From.Address);
        if (domain.IsEmpty || FreeMail.Contains(domain))
        {
            return false;
        }

        foreach (var owner in mail.OwnerAddresses)
        {
            var own = Domain(owner);
            if (domain.Equals(own, StringComparison.OrdinalIgnoreCase) || (domain.EndsWith(own, StringComparison.OrdinalIgnoreCase) && own.Length > 3 && domain[^(own.Length + 1)] == '.'))
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>Digits inside a word, several hyphens or a top-level domain that is given away: shapes of throw-away domains.</summary>
    public static bool IsOddDomain(string address)
    {
        var domain = Domain(address);
        var dot = domain.LastIndexOf('.');
        var top = dot < 0 ? default : domain[(dot + 1)..];
        return Digits(domain) > 0 || domain.Count('-') >= 2
            || top is "tk" or "xyz" or "top" or "biz" or "click" or "info" or "ru" or "cn" or "ml" or "ga" or "cf" or "gq" or "icu" or "loan" or "win";
    }

    private static bool Any(ReadOnlySpan<char> local, string[] words)
    {
        foreach (var word in words)
        {
            var at = local.IndexOf(word, StringComparison.OrdinalIgnoreCase);
            if (at >= 0 && (at == 0 || !char.IsAsciiLetter(local[at - 1]))
                && (at + word.Length == local.Length || !char.IsAsciiLetter(local[at + word.Length])))
            {
                return true;
            }
        }

        return false;
    }

    private static int Digits(ReadOnlySpan<char> text)
    {
        var count = 0;
        foreach (var c in text)
        {
            count += char.IsAsciiDigit(c) ? 1 : 0;
        }

        return count;
    }
}
