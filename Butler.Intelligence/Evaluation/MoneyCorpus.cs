using System.Globalization;
using System.Text;
using System.Text.Json;
using Butler.Intelligence.Training;
using Butler.Intelligence.Transactions;
using Butler.Mail;

namespace Butler.Intelligence.Evaluation;

/// <summary>A movement that the corpus says a mail tells of.</summary>
/// <param name="Amount">The sum, positive.</param>
/// <param name="Currency">The ISO 4217 code; null: the source does not say.</param>
/// <param name="Direction">In or out; null: the source does not say.</param>
internal sealed record ExpectedMovement(decimal Amount, string? Currency, MoneyDirection? Direction);

/// <summary>A mail or alert of the corpus with what it should come to.</summary>
/// <param name="Set">The source.</param>
/// <param name="Name">The file, with the line.</param>
/// <param name="IsTuned">Rules were tuned on this half; the other was only scored.</param>
/// <param name="Mail">What is read.</param>
/// <param name="Expected">Empty: not a transaction.</param>
internal sealed record MoneyCase(string Set, string Name, bool IsTuned, MoneyMail Mail, IReadOnlyList<ExpectedMovement> Expected);

/// <summary>Reads the <c>transactions</c> folder of a corpus: each source in its own form, known by its fields and not by its name where possible.</summary>
internal static class MoneyCorpus
{
    public static IEnumerable<MoneyCase> Read(string data)
    {
        var files = CorpusFolder.Read(data, "transactions");
        var labels = CorpusFolder.Labels(data, "transactions");
        foreach (var (name, bytes) in files)
        {
            var set = name.Split('/')[0];
            var tuned = IsTuned(name);
            if (name.EndsWith(".jsonl", StringComparison.Ordinal))
            {
                foreach (var found in Lines(set, name, tuned, bytes))
                {
                    yield return found;
                }
            }
            else if (name.EndsWith(".json", StringComparison.Ordinal) || name.EndsWith(".context.eml", StringComparison.Ordinal))
            {
                continue;
            }
            else if (Expected(files, labels, name) is { } expected && MailOf(files, name, bytes) is { } mail)
            {
                yield return new(set, name, tuned, mail, expected);
            }
        }
    }

    /// <summary>Three quarters of the files, which rules were tuned on: by a hash of the name, whole files, so that a bank is in one part only.</summary>
    public static bool IsTuned(string name)
    {
        var hash = 2166136261u;
        foreach (var b in Encoding.UTF8.GetBytes(name))
        {
            hash = (hash ^ b) * 16777619u;
        }

        return (hash >> 8) % 4 != 3;
    }

    private static IEnumerable<MoneyCase> Lines(string set, string name, bool tuned, byte[] bytes)
    {
        var number = 0;
        var asked = new Dictionary<string, (MoneyMail Mail, decimal? Amount, int Line)>(StringComparer.Ordinal);
        foreach (var line in Encoding.UTF8.GetString(bytes).Split('\n'))
        {
            number++;
            if (line.Length < 2)
            {
                continue;
            }

            using var json = JsonDocument.Parse(line);
            var root = json.RootElement;
            var at = $"{name}#L{number}";
            if (root.TryGetProperty("message", out var message))
            {
                var mail = new MoneyMail { Text = message.GetString() ?? "", FromName = Text(root, "sender") };
                yield return new(set, at, tuned, mail, Alert(root));
            }
            else if (root.TryGetProperty("body_html", out var html))
            {
                yield return new(set, at, tuned, OfHtml("", html.GetString() ?? ""), BankMail(root.GetProperty("expected")));
            }
            else if (root.TryGetProperty("input", out var input) && input.TryGetProperty("text", out var text))
            {
                yield return new(set, at, tuned, new() { Subject = Text(input, "subject"), Text = MailText.FromPlain(text.GetString() ?? "").NewText }, Notice(root.GetProperty("output")));
            }
            else if (root.TryGetProperty("context", out var context))
            {
                // Several questions about one mail: the mail counts once, by the answer that names a sum.
                var key = context.GetString() ?? "";
                var answer = NumberIn(Text(root, "ideal"));
                if (!asked.TryGetValue(key, out var known) || known.Amount is null)
                {
                    asked[key] = (OfContext(key), answer, number);
                }
            }
        }

        foreach (var (_, question) in asked)
        {
            if (question.Amount is { } amount)
            {
                yield return new(set, $"{name}#L{question.Line}", tuned, question.Mail, [new(amount, "USD", null)]);
            }
        }
    }

    // "SUBJECT: …|EMAIL_FROM: name <address>|RECEIVED DATE: …|CONTENT: …"
    private static MoneyMail OfContext(string context)
    {
        string Part(string label)
        {
            var at = context.IndexOf(label, StringComparison.Ordinal);
            if (at < 0)
            {
                return "";
            }

            var end = context.IndexOf('|', at);
            return (end < 0 ? context[(at + label.Length)..] : context[(at + label.Length)..end]).Trim();
        }

        var content = context.IndexOf("CONTENT:", StringComparison.Ordinal) is >= 0 and var cut ? context[(cut + 8)..] : context;
        var from = Part("EMAIL_FROM:");
        var open = from.IndexOf('<', StringComparison.Ordinal);
        return new()
        {
            Subject = Part("SUBJECT:"),
            Text = MailText.FromPlain(content).NewText,
            FromName = open > 0 ? from[..open].Trim() : "",
            FromAddress = open > 0 ? from[(open + 1)..].TrimEnd('>') : "",
        };
    }

    private static ExpectedMovement[] Alert(JsonElement root)
    {
        if (root.TryGetProperty("should_parse", out var parse) && parse.ValueKind == JsonValueKind.False)
        {
            return [];
        }

        var expected = root.GetProperty("expected");
        // CREDIT is spending on a credit card here; a transfer leaves the account, as far as the label says.
        MoneyDirection? direction = Text(expected, "type") switch { "INCOME" => MoneyDirection.In, "EXPENSE" or "CREDIT" or "INVESTMENT" or "TRANSFER" => MoneyDirection.Out, _ => null };
        // Amount 0: a notice of a balance.
        return Number(expected, "amount") is { } amount and not 0 ? [new(amount, Code(Text(expected, "currency")), direction)] : [];
    }

    private static ExpectedMovement[] BankMail(JsonElement expected)
    {
        MoneyDirection? direction = Text(expected, "transaction.direction") switch { "debit" => MoneyDirection.Out, "credit" => MoneyDirection.In, _ => null };
        return Number(expected, "transaction.amount.amount") is { } amount ? [new(amount, Code(Text(expected, "transaction.amount.currency")), direction)] : [];
    }

    private static ExpectedMovement[] Notice(JsonElement output)
    {
        var type = Text(output, "type");
        var direction = type.Contains("efund", StringComparison.Ordinal) || type.Contains("eposit", StringComparison.Ordinal) ? MoneyDirection.In : MoneyDirection.Out;
        return Number(output, "amount") is { } amount ? [new(amount, "JPY", direction)] : [];
    }

    /// <summary>What a file's companion says; null: it says nothing that can be scored.</summary>
    private static List<ExpectedMovement>? Expected(SortedDictionary<string, byte[]> files, Dictionary<string, string> labels, string name)
    {
        var label = labels.GetValueOrDefault(name, "");
        var stem = name[..name.LastIndexOf('.')];
        var companion = files.GetValueOrDefault(stem + ".expected.json") ?? files.GetValueOrDefault(name + ".json") ?? files.GetValueOrDefault(stem + ".json");
        if (companion is null)
        {
            // A notice without companion in a set that has them: not a transaction, unless the label says that it is one of another kind.
            return label.Contains("not a receipt", StringComparison.Ordinal) || label.Contains("no transaction", StringComparison.Ordinal) ? [] : null;
        }

        using var json = JsonDocument.Parse(companion);
        var root = json.RootElement;
        if (root.ValueKind == JsonValueKind.Array)
        {
            var list = root.EnumerateArray().Select(Priced).OfType<ExpectedMovement>().ToList();
            return list.Count == 0 ? null : Once(list);
        }

        if (root.TryGetProperty("receipts", out var receipts))
        {
            var list = receipts.EnumerateArray().Select(Receipt).OfType<ExpectedMovement>().ToList();
            return list.Count == 0 ? null : list;
        }

        var amount = Number(root, "amount") ?? Number(root, "Amount");
        if (amount is null)
        {
            return Text(root, "_type").EndsWith("Record", StringComparison.Ordinal) ? [] : null;
        }

        MoneyDirection? direction = Text(root, "_type") switch { "ExpenseRecord" => MoneyDirection.Out, "IncomeRecord" => MoneyDirection.In, _ => root.TryGetProperty("merchant", out _) ? MoneyDirection.Out : null };
        var currency = Code(Text(root, "currency")) ?? Code(Text(root, "Currency")) ?? (Text(root, "_type").Length > 0 ? "MXN" : null);
        // Nothing was paid for an award flight: there is nothing to book.
        return amount == 0 ? [] : [new(Math.Abs(amount.Value), currency, direction)];
    }

    private static ExpectedMovement? Receipt(JsonElement receipt) =>
        Number(receipt, "amount") is { } amount ? new(Math.Abs(amount), Code(Text(receipt, "currency")), amount < 0 ? MoneyDirection.In : MoneyDirection.Out) : null;

    private static ExpectedMovement? Priced(JsonElement item) => item.ValueKind != JsonValueKind.Object ? null
        : Number(item, "totalPrice") is { } price ? new(price, Code(Text(item, "priceCurrency")), MoneyDirection.Out)
        : Number(item, "amount") is { } amount && Text(item, "currency").Length > 0 ? new(amount, Code(Text(item, "currency")), null) : null;

    // Both legs of a journey bear the journey's price.
    private static List<ExpectedMovement> Once(List<ExpectedMovement> list) => [.. list.Distinct()];

    private static MoneyMail? MailOf(SortedDictionary<string, byte[]> files, string name, byte[] bytes)
    {
        if (name.EndsWith(".eml", StringComparison.Ordinal) || IsMail(bytes))
        {
            return OfMessage(MimeMessage.Parse(bytes));
        }

        var context = files.TryGetValue(name + ".context.eml", out var header) ? OfMessage(MimeMessage.Parse(header)) : new MoneyMail();
        if (name.EndsWith(".html", StringComparison.Ordinal))
        {
            return OfHtml(context.Subject, Encoding.UTF8.GetString(bytes)) with { FromName = context.FromName, FromAddress = context.FromAddress, Sent = context.Sent };
        }

        return name.EndsWith(".txt", StringComparison.Ordinal) ? context with { Text = MailText.FromPlain(Encoding.UTF8.GetString(bytes)).NewText } : null;
    }

    private static bool IsMail(byte[] bytes) => Encoding.ASCII.GetString(bytes, 0, Math.Min(bytes.Length, 400)) is var head
        && (head.StartsWith("Return-Path:", StringComparison.OrdinalIgnoreCase) || head.StartsWith("Received:", StringComparison.OrdinalIgnoreCase) || head.StartsWith("Delivered-To:", StringComparison.OrdinalIgnoreCase));

    private static MoneyMail OfMessage(MimeMessage message) => new()
    {
        Subject = message.Subject,
        Text = MailText.Read(message).NewText,
        FromName = message.From?.Name ?? "",
        FromAddress = message.From?.Address ?? "",
        Sent = message.Date,
        Markup = MarkupPurchases.Of(SchemaOrg.Read(message)),
    };

    private static MoneyMail OfHtml(string subject, string html) =>
        new() { Subject = subject, Text = MailText.FromHtmlText(html).NewText, Markup = MarkupPurchases.Of(SchemaOrg.Read(html)) };

    private static string Text(JsonElement e, string name) => e.ValueKind == JsonValueKind.Object && e.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() ?? "" : "";

    private static string? Code(string code) => code.Length == 3 ? code : null;

    private static decimal? Number(JsonElement e, string name) => e.ValueKind != JsonValueKind.Object || !e.TryGetProperty(name, out var value) ? null
        : value.ValueKind == JsonValueKind.Number ? value.GetDecimal()
        : value.ValueKind == JsonValueKind.String && decimal.TryParse(value.GetString(), NumberStyles.Float, CultureInfo.InvariantCulture, out var number) ? number : null;

    private static decimal? NumberIn(string answer)
    {
        var digits = new string([.. answer.Where(c => char.IsAsciiDigit(c) || c == '.')]).TrimEnd('.');
        return answer.Contains('$', StringComparison.Ordinal) && decimal.TryParse(digits, NumberStyles.Float, CultureInfo.InvariantCulture, out var number) ? number : null;
    }
}
