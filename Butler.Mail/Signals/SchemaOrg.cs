using System.Text.Json;

namespace Butler.Mail;

/// <summary>
/// Purchases out of schema.org markup in HTML mail: JSON-LD and microdata (schema.org/Order, Invoice, Reservation and its kinds; as
/// mail providers document it for receipts). Markup is data from strangers: bounded, never followed.
/// </summary>
public static class SchemaOrg
{
    /// <summary>Objects kept of one mail.</summary>
    public const int MaxObjects = 10;

    private const int MaxHtml = 1024 * 1024;
    private const int MaxJson = 64 * 1024;
    private const int MaxValue = 200;
    private const int MaxDepth = 16;

    private static readonly JsonDocumentOptions s_json = new() { MaxDepth = 32, AllowTrailingCommas = true, CommentHandling = JsonCommentHandling.Skip };

    /// <summary>What the mail's HTML parts say; most mails have none and are only searched for the name.</summary>
    public static IReadOnlyList<SchemaOrgPurchase> Read(MimeMessage message)
    {
        ArgumentNullException.ThrowIfNull(message);
        var found = new List<SchemaOrgPurchase>();
        Walk(message.Body, found, 0);
        return found;
    }

    /// <summary>What a document says.</summary>
    public static IReadOnlyList<SchemaOrgPurchase> Read(string html)
    {
        ArgumentNullException.ThrowIfNull(html);
        var found = new List<SchemaOrgPurchase>();
        Read(html, found);
        return found;
    }

    private static void Walk(MimePart part, List<SchemaOrgPurchase> found, int depth)
    {
        if (found.Count >= MaxObjects || depth > MaxDepth)
        {
            return;
        }

        if (part.Parts.Count > 0)
        {
            foreach (var child in part.Parts)
            {
                Walk(child, found, depth + 1);
            }
        }
        else if (part.ContentType.Is("text", "html") && Names(part))
        {
            Read(part.DecodeText(), found);
        }
    }

    // Decoding a part costs more than looking for the name in its bytes; in base64 the name looks one of three ways.
    private static bool Names(MimePart part)
    {
        var raw = part.RawBody.Span;
        return part.TransferEncoding == TransferEncoding.Base64
            ? raw.IndexOf("c2NoZW1h"u8) >= 0 || raw.IndexOf("Y2hlbWEu"u8) >= 0 || raw.IndexOf("aGVtYS5v"u8) >= 0
            : raw.IndexOf("schema.org"u8) >= 0 || raw.IndexOf("ld+json"u8) >= 0;
    }

    private static void Read(string html, List<SchemaOrgPurchase> found)
    {
        if (html.Length > MaxHtml)
        {
            html = html[..MaxHtml];
        }

        if (!html.Contains("schema.org", StringComparison.OrdinalIgnoreCase))
        {
            return;
        }

        foreach (var script in Scripts(html))
        {
            ReadJson(script, found);
        }

        if (html.Contains("itemtype", StringComparison.OrdinalIgnoreCase))
        {
            Microdata.Read(html, found);
        }
    }

    private static IEnumerable<string> Scripts(string html)
    {
        var at = 0;
        while ((at = html.IndexOf("application/ld+json", at, StringComparison.OrdinalIgnoreCase)) >= 0)
        {
            var open = html.IndexOf('>', at);
            var close = open < 0 ? -1 : html.IndexOf("</script", open, StringComparison.OrdinalIgnoreCase);
            if (close < 0)
            {
                yield break;
            }

            at = close;
            if (close - open - 1 is > 2 and <= MaxJson)
            {
                yield return html[(open + 1)..close];
            }
        }
    }

    private static void ReadJson(string script, List<SchemaOrgPurchase> found)
    {
        try
        {
            using var json = JsonDocument.Parse(script, s_json);
            Walk(json.RootElement, found, 0);
        }
        catch (JsonException)
        {
            // Broken markup says nothing.
        }
    }

    private static void Walk(JsonElement element, List<SchemaOrgPurchase> found, int depth)
    {
        if (depth > MaxDepth || found.Count >= MaxObjects)
        {
            return;
        }

        if (element.ValueKind == JsonValueKind.Array)
        {
            foreach (var item in element.EnumerateArray())
            {
                Walk(item, found, depth + 1);
            }
        }
        else if (element.ValueKind == JsonValueKind.Object)
        {
            if (IsPurchase(TypeOf(element)))
            {
                Add(found, Purchase(element));
                return;
            }

            foreach (var member in element.EnumerateObject())
            {
                Walk(member.Value, found, depth + 1);
            }
        }
    }

    internal static bool IsPurchase(string type) => type is "Order" or "Invoice" || (type.EndsWith("Reservation", StringComparison.Ordinal) && type.Length < 40);

    internal static void Add(List<SchemaOrgPurchase> found, SchemaOrgPurchase purchase)
    {
        if (purchase.Price.Length > 0 && found.Count < MaxObjects && !found.Contains(purchase))
        {
            found.Add(purchase);
        }
    }

    private static SchemaOrgPurchase Purchase(JsonElement o)
    {
        var holder = o;
        var price = First(o, "price", "totalPrice");
        foreach (var name in (ReadOnlySpan<string>)["totalPaymentDue", "priceSpecification"])
        {
            if (price.Length == 0 && Child(o, name) is { } child)
            {
                var inner = child.ValueKind == JsonValueKind.Array ? (child.GetArrayLength() == 1 ? child[0] : default) : child;
                // Several offers of one order: their sum is not ours to guess.
                price = inner.ValueKind == JsonValueKind.Object ? First(inner, "price", "value") : "";
                holder = inner;
            }
        }

        var currency = First(o, "priceCurrency", "currency");
        return new(TypeOf(o), price, currency.Length > 0 ? currency : First(holder, "priceCurrency", "currency"),
            NameOf(o, "seller", "merchant", "provider", "broker"), First(o, "orderNumber", "confirmationNumber", "reservationNumber", "reservationId", "accountId"),
            First(o, "orderDate", "bookingTime", "bookingDate"), Tail(First(o, "orderStatus", "paymentStatus", "reservationStatus")));
    }

    private static string NameOf(JsonElement o, params ReadOnlySpan<string> names)
    {
        foreach (var name in names)
        {
            if (Child(o, name) is { } child)
            {
                var text = child.ValueKind == JsonValueKind.Object ? First(child, "name") : Value(child);
                if (text.Length > 0)
                {
                    return text;
                }
            }
        }

        return "";
    }

    private static string First(JsonElement o, params ReadOnlySpan<string> names)
    {
        foreach (var name in names)
        {
            if (Child(o, name) is { } child && Value(child) is { Length: > 0 } text)
            {
                return text;
            }
        }

        return "";
    }

    private static JsonElement? Child(JsonElement o, string name) => o.ValueKind == JsonValueKind.Object && o.TryGetProperty(name, out var child) ? child : null;

    private static string Value(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.String => Clean(value.GetString() ?? ""),
        JsonValueKind.Number => value.GetRawText(),
        JsonValueKind.Object => First(value, "@id", "identifier"),
        _ => "",
    };

    private static string TypeOf(JsonElement o) => Tail(First(o, "@type", "type"));

    internal static string Clean(string text)
    {
        text = text.Trim();
        return text.Length > MaxValue ? text[..MaxValue] : text;
    }

    internal static string Tail(string address) => address[(address.LastIndexOfAny(['/', '#']) + 1)..];
}
