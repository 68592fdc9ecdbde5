namespace Butler.Intelligence.Transactions;

/// <summary>Which way the money went, seen from the owner.</summary>
public enum MoneyDirection
{
    /// <summary>It cannot be told.</summary>
    Unknown,

    /// <summary>Paid, spent, withdrawn.</summary>
    Out,

    /// <summary>Received.</summary>
    In,

    /// <summary>Came back of what was paid before.</summary>
    Refund,
}

/// <summary>What kind of mail tells of it.</summary>
public enum TransactionSource
{
    /// <summary>A bank's, card's or payment service's notice of one movement.</summary>
    Alert,

    /// <summary>A receipt, order or booking confirmation.</summary>
    Receipt,

    /// <summary>schema.org markup in the mail.</summary>
    Markup,
}

/// <summary>Where a value stands.</summary>
public enum SpanPlace
{
    /// <summary>In the subject.</summary>
    Subject,

    /// <summary>In the new text.</summary>
    Text,

    /// <summary>In markup that the text does not show.</summary>
    Markup,
}

/// <summary>The characters a field came from.</summary>
/// <param name="Place">Subject, text or markup.</param>
/// <param name="Offset">First character, UTF-16 units; 0 for markup.</param>
/// <param name="Length">Characters; 0 for markup.</param>
public readonly record struct FieldSpan(SpanPlace Place, int Offset, int Length);

/// <summary>Why a find is not booked but shown for review. More than one may hold.</summary>
[Flags]
public enum Doubt
{
    /// <summary>None: it is booked.</summary>
    None = 0,

    /// <summary>No currency, or a sign that several share and nothing decides.</summary>
    Currency = 1,

    /// <summary>Thousands or decimals cannot be told apart.</summary>
    Amount = 2,

    /// <summary>Nothing says which way the money went, or two things say it differently.</summary>
    Direction = 4,

    /// <summary>Several sums could be the one.</summary>
    WhichAmount = 8,

    /// <summary>Parts and total, or balances, do not add up.</summary>
    Arithmetic = 16,

    /// <summary>It may not have happened: a notice of something to come, an advert beside it, a conversation.</summary>
    Happened = 32,

    /// <summary>The sender could not be authenticated.</summary>
    Sender = 64,

    /// <summary>A model proposes it otherwise than the reader read it, or some of what it proposes does not stand in the mail.</summary>
    Proposal = 128,
}

/// <summary>Who found a movement.</summary>
public enum FoundBy
{
    /// <summary>The local reader.</summary>
    Reader,

    /// <summary>A chat model proposed it.</summary>
    Model,

    /// <summary>The local reader found it, and a chat model proposed the same.</summary>
    Both,
}

/// <summary>One movement of money found in a mail.</summary>
public sealed record ParsedTransaction
{
    /// <summary>Its number in the mail, from 1.</summary>
    public required int Line { get; init; }

    /// <summary>The sum, positive.</summary>
    public required decimal Amount { get; init; }

    /// <summary>The ISO 4217 code, or empty where in doubt.</summary>
    public required string Currency { get; init; }

    /// <summary>Which way.</summary>
    public required MoneyDirection Direction { get; init; }

    /// <summary>Alert, receipt or markup.</summary>
    public required TransactionSource Source { get; init; }

    /// <summary>The other side, as written; empty when not found.</summary>
    public string Merchant { get; init; } = "";

    /// <summary>The day it happened as the mail says; null: the mail does not say.</summary>
    public DateOnly? Date { get; init; }

    /// <summary>Last digits of the account or card; empty when not found.</summary>
    public string Account { get; init; } = "";

    /// <summary>The reference, order or receipt number; empty when not found.</summary>
    public string Reference { get; init; } = "";

    /// <summary>The balance after it, where the mail says.</summary>
    public decimal? BalanceAfter { get; init; }

    /// <summary>Why it is not booked.</summary>
    public Doubt Doubt { get; init; }

    /// <summary>Who found it.</summary>
    public FoundBy FoundBy { get; init; }

    /// <summary>Sums were checked against each other and agree.</summary>
    public bool IsChecked { get; init; }

    /// <summary>The currency is what a sign of several currencies means here: markup that names one knows better.</summary>
    internal bool IsCurrencyInferred { get; init; }

    /// <summary>Whether it may be booked without asking.</summary>
    public bool IsBooked => Doubt == Doubt.None;

    /// <summary>Field by field (<c>amount</c>, <c>currency</c>, <c>direction</c>, <c>merchant</c>, <c>date</c>, <c>account</c>, <c>reference</c>): where it came from.</summary>
    public IReadOnlyDictionary<string, FieldSpan> Spans { get; init; } = new Dictionary<string, FieldSpan>();
}

/// <summary>What is read.</summary>
public sealed record MoneyMail
{
    /// <summary>The decoded subject.</summary>
    public string Subject { get; init; } = "";

    /// <summary>The new text.</summary>
    public string Text { get; init; } = "";

    /// <summary>The sender's display name.</summary>
    public string FromName { get; init; } = "";

    /// <summary>The sender's address.</summary>
    public string FromAddress { get; init; } = "";

    /// <summary>When it was sent; dates without a year are near it.</summary>
    public DateTimeOffset? Sent { get; init; }

    /// <summary>An answer in a conversation.</summary>
    public bool IsReply { get; init; }

    /// <summary>Came over a mailing list.</summary>
    public bool IsList { get; init; }

    /// <summary>The receiving server says that the sender is not who it claims to be (DMARC fail).</summary>
    public bool IsForged { get; init; }

    /// <summary>Orders, invoices and reservations that the mail's schema.org markup names.</summary>
    public IReadOnlyList<MarkupPurchase> Markup { get; init; } = [];
}

/// <summary>What schema.org markup says about a purchase (Order, Invoice, Reservation).</summary>
/// <param name="Type">The schema.org type.</param>
/// <param name="Amount">The total as written.</param>
/// <param name="Currency">The ISO 4217 code as written.</param>
/// <param name="Merchant">Seller, provider or broker.</param>
/// <param name="Reference">Order, confirmation or reservation number.</param>
/// <param name="Date">The order's date as written.</param>
/// <param name="Status">The order's, payment's or reservation's status, last part of its address.</param>
public sealed record MarkupPurchase(string Type, string Amount, string Currency, string Merchant, string Reference, string Date, string Status);
