using Butler.Intelligence.Transactions;

namespace Butler.Intelligence.Tests.Transactions;

public class TransactionCheckTests
{
    private const string Text = "Dear Customer,\nRs.1,250.50 has been debited from your A/c XX4321 to ACME  Störes on 15-01-2026.\nAvl Bal Rs.9,876.54. UPI Ref no 512345678901.";

    private static readonly TransactionProposal s_true = new()
    {
        Amount = "1250.5", Currency = "INR", Direction = "out", Merchant = "Acme Stores", Date = "2026-01-15", Account = "4321", Reference = "512345678901",
    };

    [Fact]
    public void Check_WhatStandsInTheMail_IsAcceptedWithItsCharacters()
    {
        var found = TransactionCheck.Check(s_true, "Alert", Text);
        Assert.Empty(found.Refused);
        Assert.True(found.IsWhole);
        string At(string field) => Text.Substring(found.Accepted[field].Offset, found.Accepted[field].Length);
        Assert.Equal(("1,250.50", "Rs.", "ACME  Störes", "15-01-2026", "4321", "512345678901"), (At("amount"), At("currency"), At("merchant"), At("date"), At("account"), At("reference")));
    }

    [Theory]
    [InlineData("amount", "1250.05")]
    [InlineData("amount", "9876.54")]
    [InlineData("amount", "-1250.50")]
    [InlineData("amount", "1e3")]
    [InlineData("currency", "USD")]
    [InlineData("direction", "in")]
    [InlineData("direction", "sideways")]
    [InlineData("merchant", "Acme")]
    [InlineData("merchant", "Globex")]
    [InlineData("date", "2026-01-16")]
    [InlineData("account", "432")]
    [InlineData("account", "9999")]
    [InlineData("reference", "51234567890")]
    public void Check_WhatDoesNotStandThere_IsRefused(string field, string value)
    {
        var proposal = field switch
        {
            "amount" => s_true with { Amount = value },
            "currency" => s_true with { Currency = value },
            "direction" => s_true with { Direction = value },
            "merchant" => s_true with { Merchant = value },
            "date" => s_true with { Date = value },
            "account" => s_true with { Account = value },
            _ => s_true with { Reference = value },
        };
        var found = TransactionCheck.Check(proposal, "Alert", Text);
        // A word of a name is a name: "Acme" stands there.
        Assert.Equal(value != "Acme", found.Refused.Contains(field));
    }

    [Fact]
    public void Check_SharedSign_TakesOnlyACurrencyThatUsesIt()
    {
        const string Purchase = "Purchase of 129 kr at BUTIK with card ****1234.";
        TransactionProposal proposal = new() { Amount = "129", Currency = "SEK" };
        Assert.True(TransactionCheck.Check(proposal, "", Purchase).IsWhole);
        Assert.Equal(["currency"], TransactionCheck.Check(proposal with { Currency = "EUR" }, "", Purchase).Refused);
    }
}
