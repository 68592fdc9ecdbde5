using System.Text.Json;
using Butler.Mail;

namespace Butler.Intelligence.Transactions;

/// <summary>Purchases out of schema.org objects, as Ingest takes them from a mail's markup.</summary>
public static class MarkupPurchases
{
    /// <summary>The objects as purchases.</summary>
    public static IReadOnlyList<MarkupPurchase> Of(IReadOnlyList<SchemaOrgPurchase> objects)
    {
        ArgumentNullException.ThrowIfNull(objects);
        return objects.Count == 0 ? [] : [.. objects.Select(o => new MarkupPurchase(o.Type, o.Price, o.Currency, o.Seller, o.Number, o.Date, o.Status))];
    }

    /// <summary>The objects of <c>emails.signals</c>, member <c>schema_org</c>.</summary>
    public static IReadOnlyList<MarkupPurchase> OfSignals(JsonElement signals)
    {
        if (signals.ValueKind != JsonValueKind.Object || !signals.TryGetProperty("schema_org", out var list) || list.ValueKind != JsonValueKind.Array)
        {
            return [];
        }

        return [.. list.EnumerateArray().Select(o => new MarkupPurchase(Text(o, "type"), Text(o, "price"), Text(o, "currency"), Text(o, "seller"), Text(o, "number"), Text(o, "date"), Text(o, "status")))];
    }

    private static string Text(JsonElement o, string name) => o.ValueKind == JsonValueKind.Object && o.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() ?? "" : "";
}
