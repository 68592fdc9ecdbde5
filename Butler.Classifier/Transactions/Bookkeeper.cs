using System.Globalization;
using System.Text;
using Butler.Data.Classifier;
using Butler.Intelligence.Transactions;
using Butler.Classifier.Triage;
using Npgsql;

namespace Butler.Classifier.Transactions;

/// <summary>Reads the movements of money in a batch and writes them in the batch's own transaction (MECHANICS 2).</summary>
internal static class Bookkeeper
{
    /// <summary>What a mail tells. Spam and what the owner wrote tell nothing.</summary>
    public static IEnumerable<StoredTransaction> Read(MailToJudge mail, StoredVerdict verdict)
    {
        if (verdict.Category == "spam" || mail.Features.IsFromOwner)
        {
            return [];
        }

        var features = mail.Features;
        var lines = TransactionReader.Read(new MoneyMail
        {
            Subject = features.Subject,
            Text = features.NewText,
            FromName = features.From.Name,
            FromAddress = features.From.Address,
            Sent = mail.ReceivedAt,
            IsReply = features.IsReply,
            IsList = features.IsList,
            IsForged = features.Dmarc == "fail",
            Markup = mail.Markup,
        });
        return lines.Count == 0 ? [] : lines.Select(l => Stored(mail, verdict, l));
    }

    /// <summary>Books lines: merged with what is known, refunds linked. Returns how many are new, by mail.</summary>
    public static async Task<Dictionary<Guid, int>> BookAsync(NpgsqlConnection connection, Guid providerUserId, IReadOnlyList<StoredTransaction> lines, CancellationToken cancellationToken)
    {
        if (lines.Count == 0)
        {
            return [];
        }

        var known = await TransactionWriter.RelatedAsync(connection, providerUserId, lines, cancellationToken);
        var linked = Links.Decide(lines, known, out var refunds);
        var inserted = await TransactionWriter.WriteAsync(connection, linked, cancellationToken);
        await TransactionWriter.LinkRefundsAsync(connection, refunds, cancellationToken);
        return inserted;
    }

    private static StoredTransaction Stored(MailToJudge mail, StoredVerdict verdict, ParsedTransaction line) => new(
        mail.Id, line.Line, mail.ProviderUserId, line.IsBooked ? "booked" : "review", line.Amount, line.Currency.Length == 3 ? line.Currency : null,
        line.Direction.ToString().ToLowerInvariant(), line.Source.ToString().ToLowerInvariant(), line.Date ?? DateOnly.FromDateTime(mail.ReceivedAt.UtcDateTime), line.Date is not null,
        line.Merchant, line.Account, line.Reference, line.BalanceAfter, line.IsChecked, Doubts(line.Doubt), [.. verdict.Tags], Spans(line.Spans));

    private static string[] Doubts(Doubt doubt) =>
    [
        .. new[]
        {
            (Doubt.Currency, "currency"), (Doubt.Amount, "amount"), (Doubt.Direction, "direction"), (Doubt.WhichAmount, "which_amount"), (Doubt.Arithmetic, "arithmetic"),
            (Doubt.Happened, "happened"), (Doubt.Sender, "sender"),
        }.Where(d => doubt.HasFlag(d.Item1)).Select(d => d.Item2),
    ];

    // {"amount":["t",12,8]}: names and numbers only.
    private static string Spans(IReadOnlyDictionary<string, FieldSpan> spans)
    {
        var json = new StringBuilder("{");
        foreach (var (field, span) in spans)
        {
            var place = span.Place switch { SpanPlace.Subject => 's', SpanPlace.Text => 't', _ => 'm' };
            json.Append(CultureInfo.InvariantCulture, $"{(json.Length > 1 ? "," : "")}\"{field}\":[\"{place}\",{span.Offset},{span.Length}]");
        }

        return json.Append('}').ToString();
    }
}
