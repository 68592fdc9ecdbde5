using System.Globalization;
using Butler.Progress.Pages;
using Butler.Progress.Reads;

namespace Butler.Progress.Transactions;

public sealed record TransactionPageModel
{
    internal TransactionPageModel(
        Frame frame, IReadOnlyList<Account> accounts, TransactionListBody list, TransactionQuery query, string? account, long waiting, string? currency, IReadOnlyList<MonthSum> months) =>
        (Frame, Accounts, List, Query, Account, Waiting, Currency, Months) = (frame, accounts, list, query, account, waiting, currency, months);

    public Frame Frame { get; }

    internal IReadOnlyList<Account> Accounts { get; }

    internal TransactionListBody List { get; }

    internal TransactionQuery Query { get; }

    internal string? Account { get; }

    internal long Waiting { get; }

    internal string? Currency { get; }

    internal IReadOnlyList<MonthSum> Months { get; }
}

/// <summary>How transactions are put for people.</summary>
internal static class MoneyWords
{
    public static string Sum(decimal amount, string? currency) => $"{amount.ToString("#,##0.00##", CultureInfo.InvariantCulture)} {currency ?? "?"}";

    public static string Signed(TransactionBody t) => t.Direction switch { "out" => "−" + Sum(t.Amount, t.Currency), "in" or "refund" => "+" + Sum(t.Amount, t.Currency), _ => Sum(t.Amount, t.Currency) };

    public static string Direction(string direction) => direction switch { "out" => "Paid", "in" => "Received", "refund" => "Refunded", _ => "Which way?" };

    public static string Doubt(string doubt) => doubt switch
    {
        "currency" => "which currency",
        "amount" => "thousands or decimals",
        "direction" => "which way",
        "which_amount" => "several sums",
        "arithmetic" => "sums do not add up",
        "happened" => "whether it happened",
        "sender" => "whether the sender is who it claims",
        "proposal" => "a model reads it otherwise",
        "duplicate" => "whether it is booked already",
        _ => doubt,
    };
}
