using System.Buffers;
using System.Collections.Frozen;

namespace Butler.Intelligence.Transactions;

/// <summary>Directions by whose account is named, and by who is said to have paid.</summary>
internal static partial class Directions
{
    private const int OwnReach = 24;

    private static readonly FrozenSet<string>.AlternateLookup<ReadOnlySpan<char>> s_into =
        new[] { "to", "into", "onto", "auf", "sur", "vers", "a", "en", "na", "op", "naar", "till", "til", "para", "su", "sul", "pa", "на" }.ToFrozenSet(StringComparer.Ordinal).GetAlternateLookup<ReadOnlySpan<char>>();

    // Where the owner pays: a debt of the owner's, or a second account of the owner's.
    private static readonly SearchValues<string> s_others = SearchValues.Create(["credit card", "kreditkart", "carte de credit", "tarjeta de credito", "loan", "mortgage", " from your", " from my", " von ihrem", " von deinem", " depuis votre", " de votre compte", " desde su", " desde tu", " dal suo", " dal tuo", " z twojego", " van je", " van uw", " fran ditt", " fra din"], StringComparison.Ordinal);

    // Verbs of sending: what is charged "en tu cuenta" leaves it.
    private static readonly SearchValues<string> s_sends = SearchValues.Create(
    [
        "sent", "paid", "transferred", "payout", "paying", "uberwies", "gesendet", "gezahlt", "auszahlung", "uberweisung", "envoye", "verse", "vire", "enviad", "enviamos", "transferid", "pagad", "ingresad", "enviou", "pago", "inviat", "versat", "pagat", "trasferit",
        "overgemaakt", "gestort", "betaald", "uitbetaald", "skickat", "betalat", "overfort", "sendt", "udbetalt", "utbetalt", "wyslan", "przelan", "przelal", "poslal", "отправ", "перечисл", "перевел",
    ], StringComparison.Ordinal);

    private static readonly SearchValues<string> s_banks = SearchValues.Create(["bank", "debit", "checking", "savings", "konto", "compte", "cuenta", "conta", "conto", "rekening", "счет", "ucet"], StringComparison.Ordinal);

    // "146.22 was sent to your debit card", "auf Ihr Konto … überwiesen", "we've paid 43.20 into your bank account": who sends there pays the owner. -1: not so.
    private static int PaysOwner(MoneyScan scan, MoneySentence s, int firstOut, out bool isSure)
    {
        isSure = false;
        var verb = firstOut >= 0 && (scan.Cues[firstOut].Kinds & MoneyWord.Noun) == 0 ? firstOut : firstOut < 0 ? TheirVerb(scan, s) : -1;
        if (verb < 0 || !scan.Text.Slice(scan.Cues[verb].Start, scan.Cues[verb].End).ContainsAny(s_sends))
        {
            return -1;
        }

        for (var c = s.CueFrom; c < s.CueTo; c++)
        {
            if ((scan.Cues[c].Kinds & MoneyWord.Account) != 0 && OwnStart(scan, s, c) is >= 0 and var own && s_into.Contains(WordBefore(scan, own)))
            {
                // "Paid to your account": a shop keeps accounts as well.
                isSure = Fields.HasTail(scan, c) || scan.Text.Slice(own, scan.Cues[c].End).ContainsAny(s_banks);
                return scan.Text.Slice(s.Start, s.End).ContainsAny(s_others) ? -1 : verb;
            }
        }

        return -1;
    }

    // "We've paid", "we sent".
    private static int TheirVerb(MoneyScan scan, MoneySentence s)
    {
        for (var c = s.CueFrom; c < s.CueTo; c++)
        {
            if ((scan.Cues[c].Kinds & MoneyWord.Success) != 0 && scan.Text.Slice(scan.Cues[c].Start, scan.Cues[c].End).StartsWith("we"))
            {
                return c;
            }
        }

        return -1;
    }

    // Where "your" of an account's name begins: within the phrase or shortly before it.
    private static int OwnStart(MoneyScan scan, MoneySentence s, int account)
    {
        var cue = scan.Cues[account];
        if (account > s.CueFrom && scan.Cues[account - 1] is var before && (before.Kinds & MoneyWord.Own) != 0 && cue.Start - before.End <= OwnReach && scan.Text.Slice(before.End, cue.Start).IndexOfAny(",;:") < 0)
        {
            return before.Start;
        }

        return BeginsWithOwn(scan, cue) ? cue.Start : -1;
    }

    private static ReadOnlySpan<char> WordBefore(MoneyScan scan, int at)
    {
        var end = at;
        while (end > 0 && scan.Text[end - 1] == ' ')
        {
            end--;
        }

        var start = end;
        while (start > 0 && char.IsLetter(scan.Text[start - 1]))
        {
            start--;
        }

        return scan.Text.Slice(start, end);
    }

    // "You've been paid! N. Ltd paid 2,400.00": somebody else paid, and another sentence says whom.
    private static int PaidByOther(MoneyScan scan, MoneySentence s, int sentence, int firstOut)
    {
        var cue = scan.Cues[firstOut];
        if ((cue.Kinds & (MoneyWord.Noun | MoneyWord.Debited | MoneyWord.Total)) != 0 || cue.Start == s.Start || HasKind(scan, s, MoneyWord.Own))
        {
            return -1;
        }

        for (var other = 0; other < scan.Sentences.Count; other++)
        {
            if (other == sentence || scan.Sentences[other].IsConditional || HasKind(scan, scan.Sentences[other], MoneyWord.Future | MoneyWord.Failed | MoneyWord.Modal | MoneyWord.Not | MoneyWord.Debited))
            {
                continue;
            }

            for (var c = scan.Sentences[other].CueFrom; c < scan.Sentences[other].CueTo; c++)
            {
                if ((scan.Cues[c].Kinds & (MoneyWord.Credited | MoneyWord.Noun)) == MoneyWord.Credited && (scan.Text.Slice(scan.Cues[c].Start, scan.Cues[c].End).IndexOf("you") >= 0 || HasKind(scan, scan.Sentences[other], MoneyWord.Own)))
                {
                    return c;
                }
            }
        }

        return -1;
    }
}
