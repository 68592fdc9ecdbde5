using System.Globalization;

namespace Butler.Intelligence.Transactions;

/// <summary>What became of a line that a chat model proposed.</summary>
public enum ProposalOutcome
{
    /// <summary>Its sum does not stand in the mail: nothing is made of it.</summary>
    Refused,

    /// <summary>The reader had booked the same.</summary>
    Agreed,

    /// <summary>The reader was in doubt about the same sum, and the doubt is gone.</summary>
    Lifted,

    /// <summary>The reader had found the sum, and doubt remains.</summary>
    Doubted,

    /// <summary>The reader says otherwise: for review.</summary>
    Disputed,

    /// <summary>The reader had found nothing, and every check is passed.</summary>
    Booked,

    /// <summary>The reader had not found it, and something is left to doubt.</summary>
    Review,
}

/// <summary>What became of a proposed line. Names of fields only.</summary>
/// <param name="Outcome">What became of it.</param>
/// <param name="Line">The line in the mail; 0: none.</param>
/// <param name="Refused">Fields whose values do not stand in the mail.</param>
public sealed record JudgedProposal(ProposalOutcome Outcome, int Line, IReadOnlyList<string> Refused);

/// <summary>A mail's movements, by the reader and a model together.</summary>
/// <param name="Lines">The lines.</param>
/// <param name="Proposals">What became of each proposal, in its order.</param>
public sealed record MergedLines(IReadOnlyList<ParsedTransaction> Lines, IReadOnlyList<JudgedProposal> Proposals)
{
    /// <summary>Nothing moved.</summary>
    public static MergedLines None { get; } = new([], []);
}

/// <summary>
/// Joins what a chat model proposes with what the local reader found (docs/transactions.md, decision 0042). The model is a second pair of eyes, no
/// authority: each value must stand in the mail, it may lift doubts about meaning but none about arithmetic, writing or sender, and where the
/// two disagree the owner is asked.
/// </summary>
public static class Proposals
{
    private const Doubt Liftable = Doubt.Currency | Doubt.Direction | Doubt.WhichAmount | Doubt.Happened;

    /// <summary>Merges.</summary>
    /// <param name="mail">The mail.</param>
    /// <param name="local">What <see cref="TransactionReader"/> found in it.</param>
    /// <param name="proposed">What a model proposes; at most <see cref="TransactionReader.MaxLines"/> count.</param>
    public static MergedLines Merge(MoneyMail mail, IReadOnlyList<ParsedTransaction> local, IReadOnlyList<TransactionProposal> proposed)
    {
        ArgumentNullException.ThrowIfNull(mail);
        ArgumentNullException.ThrowIfNull(local);
        ArgumentNullException.ThrowIfNull(proposed);
        if (proposed.Count == 0)
        {
            return new(local, []);
        }

        var found = proposed.Take(TransactionReader.MaxLines).Select(p => new Seen(p, TransactionCheck.Check(p, mail.Subject, mail.Text))).ToList();
        var scan = MoneyScan.Of(mail.Subject, mail.Text);
        CurrencyRules.Resolve(scan, mail);
        Roles.Assign(scan);
        var mood = Mood.Of(scan, mail);
        var lines = local.ToList();
        var added = new List<(Seen Seen, ParsedTransaction Line)>();
        var taken = new HashSet<int>();
        var standing = found.Count(f => f.Sum is not null);
        foreach (var seen in found)
        {
            if (seen.Sum is not { } sum)
            {
                continue;
            }

            var at = lines.FindIndex(l => l.Amount == sum && !taken.Contains(l.Line));
            if (at >= 0)
            {
                taken.Add(lines[at].Line);
                (lines[at], seen.Outcome) = Join(lines[at], seen, mood, standing == 1);
                seen.Line = lines[at].Line;
            }
            else if (!lines.Exists(l => l.Amount == sum) && !added.Exists(a => a.Line.Amount == sum))
            {
                added.Add((seen, New(scan, mail, mood, seen, sum, local.Count > 0 || standing > 1)));
            }
        }

        // By their place in the mail, so that the same mail gets the same lines whatever order a model chooses.
        foreach (var (seen, line) in added.OrderBy(a => a.Seen.Check.Accepted["amount"].Place).ThenBy(a => a.Seen.Check.Accepted["amount"].Offset))
        {
            if (lines.Count < TransactionReader.MaxLines)
            {
                lines.Add(line with { Line = lines.Count + 1 });
                (seen.Outcome, seen.Line) = (line.IsBooked ? ProposalOutcome.Booked : ProposalOutcome.Review, lines.Count);
            }
        }

        return new(lines, [.. found.Select(f => new JudgedProposal(f.Outcome, f.Line, f.Check.Refused))]);
    }

    private static (ParsedTransaction Line, ProposalOutcome Outcome) Join(ParsedTransaction line, Seen seen, Mood mood, bool isOnly)
    {
        if (Contradicts(line, seen))
        {
            return (line with { Doubt = line.Doubt | Doubt.Proposal, FoundBy = FoundBy.Both }, ProposalOutcome.Disputed);
        }

        if (line.IsBooked)
        {
            return (line with { FoundBy = FoundBy.Both }, ProposalOutcome.Agreed);
        }

        if (!seen.Check.IsWhole || seen.Direction == MoneyDirection.Unknown)
        {
            return (line, ProposalOutcome.Doubted);
        }

        var left = line.Doubt & ~Liftable;
        left |= line.Currency.Length > 0 ? line.Doubt & Doubt.Currency : Doubt.None; // A sum in another currency than the account's stays one.
        left |= isOnly ? Doubt.None : line.Doubt & Doubt.WhichAmount;
        left |= mood.IsHeld ? line.Doubt & Doubt.Happened : Doubt.None;
        var joined = line with
        {
            Doubt = left,
            FoundBy = FoundBy.Both,
            Currency = line.Currency.Length > 0 ? line.Currency : seen.Proposal.Currency!.Trim(),
            Direction = line.Direction == MoneyDirection.Unknown || line.Doubt.HasFlag(Doubt.Direction) ? seen.Direction : line.Direction,
            Spans = With(line.Spans, seen.Check.Accepted),
        };
        return (joined, left == Doubt.None ? ProposalOutcome.Lifted : ProposalOutcome.Doubted);
    }

    // Of values that stand in the mail only: one that does not is no opinion. "In" and "refund" are one way.
    private static bool Contradicts(ParsedTransaction line, Seen seen) =>
        (seen.Check.Accepted.ContainsKey("currency") && line.Currency.Length > 0 && line.Currency != seen.Proposal.Currency!.Trim())
        || (seen.Direction != MoneyDirection.Unknown && line.Direction != MoneyDirection.Unknown && !line.Doubt.HasFlag(Doubt.Direction)
            && (seen.Direction == MoneyDirection.Out) != (line.Direction == MoneyDirection.Out));

    private static ParsedTransaction New(MoneyScan scan, MoneyMail mail, Mood mood, Seen seen, decimal sum, bool isOneOfSeveral)
    {
        var accepted = seen.Check.Accepted;
        var amount = scan.Amounts.Concat(scan.Bare).FirstOrDefault(a => a.Value == sum && Fields.Span(scan, a.NumberStart, a.NumberEnd) == accepted["amount"]);
        var doubt = Doubts(scan, mood, amount, seen) | (isOneOfSeveral ? Doubt.WhichAmount : Doubt.None) | (mail.IsForged ? Doubt.Sender : Doubt.None);
        string Said(string field, string? value) => accepted.ContainsKey(field) ? value!.Trim() : "";
        var source = mood.IsReceipt ? TransactionSource.Receipt : TransactionSource.Alert;
        return new()
        {
            Line = 1,
            Amount = sum,
            Currency = Said("currency", seen.Proposal.Currency),
            Direction = seen.Direction,
            Source = source,
            Merchant = Said("merchant", seen.Proposal.Merchant) is { Length: > 0 } name ? name : mail.FromName,
            Date = accepted.ContainsKey("date") ? DateOnly.ParseExact(seen.Proposal.Date!.Trim(), "yyyy-MM-dd", CultureInfo.InvariantCulture) : null,
            Account = Said("account", seen.Proposal.Account),
            Reference = Said("reference", seen.Proposal.Reference),
            Doubt = doubt,
            IsChecked = amount is not null && Sums.Parts(scan, new(amount, new(seen.Direction, 3, -1), Doubt.None, source, false)) == true,
            FoundBy = FoundBy.Model,
            Spans = accepted,
        };
    }

    // The reader's own rules, which found no movement here: what they know against it is doubt.
    private static Doubt Doubts(MoneyScan scan, Mood mood, Amount? amount, Seen seen)
    {
        var doubt = seen.Check.Accepted.ContainsKey("currency") ? Doubt.None : Doubt.Currency;
        doubt |= seen.Direction == MoneyDirection.Unknown ? Doubt.Direction : Doubt.None;
        doubt |= seen.Check.Refused.Count > 0 ? Doubt.Proposal : Doubt.None;
        doubt |= mood.IsNothing || mood.IsUnsure || mood.IsHeld || !mood.IsNotice ? Doubt.Happened : Doubt.None;
        if (amount is null)
        {
            return doubt | Doubt.Proposal;
        }

        var sentence = scan.SentenceOf(amount.NumberStart);
        doubt |= mood.OfSentence(scan, sentence, amount) == SentenceMood.Said && amount.Role != AmountRole.Due ? Doubt.None : Doubt.Happened;
        doubt |= amount.Role is AmountRole.Fee or AmountRole.Tax or AmountRole.Subtotal || scan.Amounts.Any(a => a.Role == AmountRole.Total && a.Value != amount.Value) ? Doubt.WhichAmount : Doubt.None;
        var read = Directions.InSentence(scan, sentence, amount);
        return doubt | (read.Strength == 3 && (read.Direction == MoneyDirection.Out) != (seen.Direction == MoneyDirection.Out) ? Doubt.Direction : Doubt.None);
    }

    private static Dictionary<string, FieldSpan> With(IReadOnlyDictionary<string, FieldSpan> spans, IReadOnlyDictionary<string, FieldSpan> more)
    {
        var all = new Dictionary<string, FieldSpan>(spans, StringComparer.Ordinal);
        foreach (var (field, span) in more)
        {
            all.TryAdd(field, span);
        }

        return all;
    }

    private sealed class Seen(TransactionProposal proposal, CheckedProposal check)
    {
        public TransactionProposal Proposal { get; } = proposal;

        public CheckedProposal Check { get; } = check;

        /// <summary>The sum, where it stands in the mail.</summary>
        public decimal? Sum { get; } = check.Accepted.ContainsKey("amount") ? TransactionCheck.SumOf(proposal.Amount) : null;

        public MoneyDirection Direction { get; } = check.Accepted.ContainsKey("direction") ? proposal.Direction?.Trim() switch { "out" => MoneyDirection.Out, "in" => MoneyDirection.In, "refund" => MoneyDirection.Refund, _ => MoneyDirection.Unknown } : MoneyDirection.Unknown;

        public ProposalOutcome Outcome { get; set; } = ProposalOutcome.Refused;

        public int Line { get; set; }
    }
}
