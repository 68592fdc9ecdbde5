using System.Text.Json;
using Butler.Intelligence.Chat.Judging;
using Butler.Intelligence.Transactions;

namespace Butler.Intelligence.Tests.Transactions;

public class ProposalsTests
{
    private const string Alert = "Dear Customer, Rs.1,250.50 has been debited from your A/c XX4321 to ACME STORES on 15-01-2026. UPI Ref no 512345678901. If it was credited in error, tell us.";
    private const string Shared = "Purchase of 129 kr at BUTIK with card ****1234. Ref 99887766";

    // The reader looks no farther than some paragraphs for a verb.
    private static readonly string s_far = "Transaction 4711. Payment sent.\n" + string.Concat(Enumerable.Repeat("Our opening hours are the usual ones on all days of the week.\n", 25)) + "45.00 EUR\n";

    private static readonly TransactionProposal s_same = new() { Amount = "1250.50", Currency = "INR", Direction = "out", Merchant = "ACME STORES", Date = "2026-01-15", Account = "4321", Reference = "512345678901" };

    [Fact]
    public void Merge_ProposalThatAgrees_StaysBookedByBoth()
    {
        var (line, outcome) = One(Alert, s_same);
        Assert.Equal((ProposalOutcome.Agreed, true, FoundBy.Both, 1250.50m), (outcome, line!.IsBooked, line.FoundBy, line.Amount));
    }

    [Fact]
    public void Merge_DoubtfulCurrencyProposed_IsLifted()
    {
        Assert.Equal(Doubt.Currency, Read(Shared).Single().Doubt);
        var (line, outcome) = One(Shared, new() { Amount = "129", Currency = "SEK", Direction = "out", Merchant = "BUTIK", Reference = "99887766", Account = "1234", Date = "" });
        Assert.Equal((ProposalOutcome.Lifted, true, FoundBy.Both, "SEK", MoneyDirection.Out), (outcome, line!.IsBooked, line.FoundBy, line.Currency, line.Direction));
    }

    [Theory]
    [InlineData("USD", "out", "BUTIK")] // Not beside a kr.
    [InlineData("SEK", "out", "Globex")] // Not in the mail.
    [InlineData("SEK", "refund", "BUTIK")] // No word of a refund.
    public void Merge_PartOfItDoesNotStandInTheMail_StaysInReview(string currency, string direction, string merchant)
    {
        var (line, outcome) = One(Shared, new() { Amount = "129", Currency = currency, Direction = direction, Merchant = merchant });
        Assert.Equal((ProposalOutcome.Doubted, false, ""), (outcome, line!.IsBooked, line.Currency));
    }

    [Theory]
    [InlineData("Card ****1234: purchase of EUR 40.00 at BUTIK. Please wait for confirmation.")]
    [InlineData("You sent 5.000 USD to ACME from account ****1234. Ref 99887766")] // Thousands or decimals: nobody's opinion.
    public void Merge_DoubtThatAModelCannotSettle_Stays(string text)
    {
        var read = Assert.Single(Read(text));
        Assert.False(read.IsBooked);
        var (line, _) = One(text, new() { Amount = read.Amount.ToString(System.Globalization.CultureInfo.InvariantCulture), Currency = read.Currency, Direction = "out" });
        Assert.False(line!.IsBooked);
    }

    [Fact]
    public void Merge_OtherDirectionOfABookedSum_GoesToReview()
    {
        var (line, outcome) = One(Alert, s_same with { Direction = "in" });
        Assert.Equal((ProposalOutcome.Disputed, Doubt.Proposal), (outcome, line!.Doubt));
    }

    [Theory]
    [InlineData("1250.05")]
    [InlineData("125050")]
    [InlineData("-1250.50")]
    [InlineData("a lot")]
    [InlineData("999999999999999999999999999999999")]
    public void Merge_InventedSum_IsRefused(string amount)
    {
        var merged = Merge(Alert, s_same with { Amount = amount });
        Assert.Equal(ProposalOutcome.Refused, merged.Proposals.Single().Outcome);
        Assert.Contains("amount", merged.Proposals.Single().Refused);
        Assert.Equal((1, true, FoundBy.Reader), (merged.Lines.Count, merged.Lines[0].IsBooked, merged.Lines[0].FoundBy));
    }

    [Fact]
    public void Merge_NothingFoundHereAndEveryCheckPassed_IsBookedByTheModel()
    {
        Assert.Empty(Read(s_far));
        var (line, outcome) = One(s_far, new() { Amount = "45.00", Currency = "EUR", Direction = "out", Reference = "4711" });
        Assert.Equal((ProposalOutcome.Booked, true, FoundBy.Model, 45m, "EUR", "4711"), (outcome, line!.IsBooked, line.FoundBy, line.Amount, line.Currency, line.Reference));
        Assert.Equal("45.00", s_far.Substring(line.Spans["amount"].Offset, line.Spans["amount"].Length));
    }

    [Theory]
    [InlineData("Your code is 448120 for the purchase of EUR 45.00 at BUTIK.", "45.00")]
    [InlineData("Your payment of EUR 45.00 to BUTIK was declined. Account ****1234 was not debited.", "45.00")]
    [InlineData("EUR 45.00 will be debited from your account ****1234 on 1 December.", "45.00")]
    public void Merge_WhatTheReaderKnowsAgainstIt_IsForReview(string text, string amount)
    {
        Assert.Empty(Read(text));
        var (line, outcome) = One(text, new() { Amount = amount, Currency = "EUR", Direction = "out" });
        Assert.Equal((ProposalOutcome.Review, false), (outcome, line!.IsBooked));
        Assert.True(line.Doubt.HasFlag(Doubt.Happened));
    }

    [Fact]
    public void Merge_OrderOfProposals_DoesNotChangeTheLines()
    {
        const string Two = "Transaction list. Card ****1234. Will be debited: EUR 10.00 for the room.\nWill be debited: EUR 20.00 for breakfast.";
        TransactionProposal a = new() { Amount = "10.00", Currency = "EUR", Direction = "out" }, b = a with { Amount = "20.00" };
        Assert.Equal(Merge(Two, a, b, a).Lines.Select(l => (l.Line, l.Amount, l.Doubt)), Merge(Two, b, a).Lines.Select(l => (l.Line, l.Amount, l.Doubt)));
        Assert.Equal([10m, 20m], Merge(Two, b, a).Lines.Select(l => l.Amount));
    }

    [Fact]
    public void Read_AnswerWithAndWithoutTransactions_BindsAndBounds()
    {
        const string Head = "{\"category\":\"informational\",\"confidence\":0.9,\"reason\":\"r\",\"summary\":\"s\",\"tags\":[]";
        Assert.Empty(TriageAnswer.Read(Head + "}").Answer!.Transactions);
        var many = string.Join(',', Enumerable.Repeat("{\"amount\":\"1\",\"merchant\":\"A\\nB\"}", 40));
        var answer = TriageAnswer.Read(Head + ",\"transactions\":[" + many + "]}").Answer!;
        Assert.Equal((TransactionReader.MaxLines, "A B"), (answer.Transactions.Count, answer.Transactions[0].Merchant));
        Assert.Null(TriageAnswer.Read(Head + ",\"transactions\":[{\"sum\":\"1\"}]}").Answer);
        Assert.DoesNotContain("A B", answer.ToString() + answer.Transactions[0], StringComparison.Ordinal);
    }

    // Strict mode of both vendors: every member required, closed, one type.
    [Fact]
    public void Schema_Transactions_IsStrict()
    {
        var line = TriageAnswer.SchemaFor(OwnTags.Empty).GetProperty("properties").GetProperty("transactions").GetProperty("items");
        Assert.False(line.GetProperty("additionalProperties").GetBoolean());
        Assert.Equal(7, line.GetProperty("required").GetArrayLength());
        Assert.All(line.GetProperty("properties").EnumerateObject(), p => Assert.Equal(JsonValueKind.String, p.Value.GetProperty("type").ValueKind));
        Assert.Equal(3, line.GetProperty("properties").GetProperty("direction").GetProperty("enum").GetArrayLength());
        Assert.Contains("transactions", TriageAnswer.SchemaFor(OwnTags.Empty).GetProperty("required").EnumerateArray().Select(r => r.GetString()));
    }

    private static IReadOnlyList<ParsedTransaction> Read(string text) => TransactionReader.Read(new() { Text = text });

    private static MergedLines Merge(string text, params TransactionProposal[] proposed) => Proposals.Merge(new() { Text = text }, Read(text), proposed);

    private static (ParsedTransaction? Line, ProposalOutcome Outcome) One(string text, TransactionProposal proposed)
    {
        var merged = Merge(text, proposed);
        return (merged.Lines.SingleOrDefault(), merged.Proposals.Single().Outcome);
    }
}
