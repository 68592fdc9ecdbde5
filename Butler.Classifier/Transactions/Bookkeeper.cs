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
    /// <summary>What the reader finds in a mail, as it is stored.</summary>
    public static IEnumerable<StoredTransaction> Read(MailToJudge mail, StoredVerdict verdict) =>
        Merge(mail, verdict.Category, []).Lines.Select(l => Stored(mail, verdict.Tags, l));

    /// <summary>What the reader finds in a mail, with what a chat model proposes. Spam and what the owner wrote tell nothing.</summary>
    public static MergedLines Merge(MailToJudge mail, string category, IReadOnlyList<TransactionProposal> proposed)
    {
        if (category == "spam" || mail.Features.IsFromOwner)
        {
            return MergedLines.None;
        }

        var money = Money(mail);
        return Proposals.Merge(money, TransactionReader.Read(money), proposed);
    }

    /// <summary>
    /// Books a mail that was judged before: its lines are replaced, what it no longer tells goes, what the owner has decided stays and is not booked
    /// a second time under another line. The caller holds the mail's ledger row.
    /// </summary>
    public static async Task RebookAsync(NpgsqlConnection connection, MailToJudge mail, IReadOnlyCollection<string> tags, IReadOnlyList<ParsedTransaction> lines, CancellationToken cancellationToken)
    {
        var before = await TransactionWriter.OfMailAsync(connection, mail.Id, cancellationToken);
        if (before.Count == 0 && lines.Count == 0)
        {
            return; // Most mail: the owner's books are not held for it.
        }

        var open = lines.Where(l => !before.Exists(b => b.IsDecided && (b.Line == l.Line || (b.Amount == l.Amount && (l.Currency.Length == 0 || l.Currency == b.Currency))))).ToList();
        await TransactionWriter.DropAsync(connection, mail.ProviderUserId, mail.Id, [.. open.Select(l => l.Line)], cancellationToken);
        await BookAsync(connection, mail.ProviderUserId, [.. open.Select(l => Stored(mail, tags, l) is var row && before.Find(b => b.Line == l.Line) is { } old ? row with { Id = old.Id } : row)], cancellationToken);
    }

    private static MoneyMail Money(MailToJudge mail)
    {
        var features = mail.Features;
        return new()
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
        };
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

    private static StoredTransaction Stored(MailToJudge mail, IReadOnlyCollection<string> tags, ParsedTransaction line) => new(
        mail.Id, line.Line, mail.ProviderUserId, line.IsBooked ? "booked" : "review", line.Amount, line.Currency.Length == 3 ? line.Currency : null,
        line.Direction.ToString().ToLowerInvariant(), line.Source.ToString().ToLowerInvariant(), line.Date ?? DateOnly.FromDateTime(mail.ReceivedAt.UtcDateTime), line.Date is not null,
        line.Merchant, line.Account, line.Reference, line.BalanceAfter, line.IsChecked, Doubts(line.Doubt), [.. tags], Spans(line.Spans))
    {
        FoundBy = line.FoundBy.ToString().ToLowerInvariant(),
    };

    private static string[] Doubts(Doubt doubt) =>
    [
        .. new[]
        {
            (Doubt.Currency, "currency"), (Doubt.Amount, "amount"), (Doubt.Direction, "direction"), (Doubt.WhichAmount, "which_amount"), (Doubt.Arithmetic, "arithmetic"),
            (Doubt.Happened, "happened"), (Doubt.Sender, "sender"), (Doubt.Proposal, "proposal"),
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
