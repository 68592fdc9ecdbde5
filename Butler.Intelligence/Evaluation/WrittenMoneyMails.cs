using System.Globalization;
using Butler.Intelligence.Transactions;

namespace Butler.Intelligence.Evaluation;

/// <summary>
/// Short mails about money of kinds that the corpus lacks, written by us before the reader was run over them: banks, cards, wallets, shops and their
/// codes, failures, requests and adverts, in many languages and currencies. Names in them are invented.
/// </summary>
internal static class WrittenMoneyMails
{
    /// <summary>
    /// Sets, in the order they were written: rules were improved by looking at each after its first score, which docs/transactions.md keeps.
    /// </summary>
    public const int Sets = 5;

    /// <summary>The day on which all of them came.</summary>
    private static readonly DateTimeOffset s_sent = new(2026, 11, 16, 9, 0, 0, TimeSpan.Zero);

    /// <summary>The mails of a set, from 1.</summary>
    public static IEnumerable<MoneyCase> Read(int set)
    {
        using var stream = typeof(WrittenMoneyMails).Assembly.GetManifestResourceStream($"Butler.Intelligence.Evaluation.written-transactions-{set}.txt")
            ?? throw new InvalidOperationException($"Written mails {set} are not embedded.");
        using var reader = new StreamReader(stream);
        var blocks = reader.ReadToEnd().ReplaceLineEndings("\n").Split("\n# ").Skip(1);
        var number = 0;
        foreach (var block in blocks)
        {
            number++;
            yield return Case(set, number, block.Split('\n'));
        }
    }

    private static MoneyCase Case(int set, int number, string[] lines)
    {
        var head = lines[0].Split('|', 3, StringSplitOptions.TrimEntries);
        var open = head[1].IndexOf('<', StringComparison.Ordinal);
        var expected = new List<ExpectedMovement>();
        var at = 1;
        for (; at < lines.Length && lines[at].StartsWith("= ", StringComparison.Ordinal); at++)
        {
            if (lines[at][2..].Split(' ') is [var amount, var currency, var way])
            {
                expected.Add(new(decimal.Parse(amount, CultureInfo.InvariantCulture), currency, Enum.Parse<MoneyDirection>(way, ignoreCase: true)));
            }
        }

        var mail = new MoneyMail
        {
            Subject = head[2],
            Text = string.Join('\n', lines[at..]).Trim(),
            FromName = head[1][..open].Trim(),
            FromAddress = head[1][(open + 1)..].TrimEnd('>'),
            Sent = s_sent,
        };
        return new($"written-{set}", string.Create(CultureInfo.InvariantCulture, $"written-{set}#{number} {head[0]}"), set == 1, mail, expected);
    }
}
