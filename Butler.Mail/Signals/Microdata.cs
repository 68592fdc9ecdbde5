namespace Butler.Mail;

/// <summary>Microdata (HTML standard, section 5): items with types and named values, nested.</summary>
internal static class Microdata
{
    private const int MaxOpen = 64;

    private static readonly HashSet<string> s_void = new(["meta", "link", "br", "img", "hr", "input", "col", "area", "base", "wbr"], StringComparer.OrdinalIgnoreCase);

    public static void Read(string html, List<SchemaOrgPurchase> found)
    {
        Span<char> scratch = stackalloc char[2];
        Span<HtmlAttribute> attributes = stackalloc HtmlAttribute[HtmlTokenizer.MaxAttributes];
        Span<char> buffer = stackalloc char[256];
        var tokens = new HtmlTokenizer(html, scratch, attributes);
        var open = new Stack<Item>();
        var depth = 0;
        string? waiting = null;
        while (tokens.Read())
        {
            if (tokens.Kind == HtmlTokenKind.Text && waiting is not null)
            {
                var text = tokens.Text.Trim();
                if (!text.IsEmpty && open.TryPeek(out var item))
                {
                    item.Set(waiting, SchemaOrg.Clean(text.ToString()));
                    waiting = null;
                }
            }
            else if (tokens.Kind == HtmlTokenKind.StartTag)
            {
                waiting = null;
                string? property = null, type = null, value = null;
                var scope = false;
                foreach (var attribute in tokens.Attributes)
                {
                    var name = tokens.AttributeName(attribute);
                    if (name.Equals("itemprop", StringComparison.OrdinalIgnoreCase))
                    {
                        property = tokens.Value(attribute, buffer).ToString();
                    }
                    else if (name.Equals("itemtype", StringComparison.OrdinalIgnoreCase))
                    {
                        type = SchemaOrg.Tail(tokens.Value(attribute, buffer).Trim().ToString());
                    }
                    else if (name.Equals("itemscope", StringComparison.OrdinalIgnoreCase))
                    {
                        scope = true;
                    }
                    else if (name.Equals("content", StringComparison.OrdinalIgnoreCase) || name.Equals("datetime", StringComparison.OrdinalIgnoreCase) || (value is null && name.Equals("href", StringComparison.OrdinalIgnoreCase)))
                    {
                        value = SchemaOrg.Clean(tokens.Value(attribute, buffer).ToString());
                    }
                }

                var isVoid = tokens.SelfClosing || s_void.Contains(tokens.Name.ToString());
                if (scope && !isVoid && open.Count < MaxOpen)
                {
                    open.Push(new Item(type ?? "", property, depth));
                }
                else if (property is not null && open.TryPeek(out var item))
                {
                    if (value is { Length: > 0 })
                    {
                        item.Set(property, value);
                    }
                    else
                    {
                        waiting = property;
                    }
                }

                depth += isVoid ? 0 : 1;
            }
            else if (tokens.Kind == HtmlTokenKind.EndTag)
            {
                depth = Math.Max(0, depth - 1);
                while (open.TryPeek(out var item) && item.Depth >= depth)
                {
                    Close(open, found);
                }
            }
        }

        while (open.Count > 0)
        {
            Close(open, found);
        }
    }

    private static void Close(Stack<Item> open, List<SchemaOrgPurchase> found)
    {
        var item = open.Pop();
        if (SchemaOrg.IsPurchase(item.Type))
        {
            SchemaOrg.Add(found, item.Purchase());
        }
        else if (open.TryPeek(out var parent) && item.Property is not null)
        {
            parent.Take(item);
        }
    }

    private sealed class Item(string type, string? property, int depth)
    {
        private readonly Dictionary<string, string> _values = new(StringComparer.Ordinal);

        public string Type => type;

        public string? Property => property;

        public int Depth => depth;

        public void Set(string name, string value) => _values.TryAdd(name, value);

        // What an inner item says, under its own name and its parent's: priceSpecification/price, seller/name.
        public void Take(Item inner)
        {
            foreach (var (name, value) in inner._values)
            {
                _values.TryAdd(inner.Property + "/" + name, value);
            }
        }

        public SchemaOrgPurchase Purchase() => new(type,
            First("price", "totalPrice", "totalPaymentDue/price", "totalPaymentDue/value", "priceSpecification/price"),
            First("priceCurrency", "totalPaymentDue/priceCurrency", "totalPaymentDue/currency", "priceSpecification/priceCurrency"),
            First("seller/name", "merchant/name", "provider/name", "broker/name", "merchant", "seller"),
            First("orderNumber", "confirmationNumber", "reservationNumber", "reservationId", "accountId"),
            First("orderDate", "bookingTime", "bookingDate"), SchemaOrg.Tail(First("orderStatus", "paymentStatus", "reservationStatus")));

        private string First(params ReadOnlySpan<string> names)
        {
            foreach (var name in names)
            {
                if (_values.TryGetValue(name, out var value) && value.Length > 0)
                {
                    return value;
                }
            }

            return "";
        }
    }
}
