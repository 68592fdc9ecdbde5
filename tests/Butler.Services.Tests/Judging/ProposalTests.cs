using System.Text.Json;
using Butler.Sandbox.Models;
using Butler.Services.Tests.Hosting;

namespace Butler.Services.Tests.Judging;

/// <summary>What a chat model proposes of transactions: checked, merged, booked once (docs/transactions.md).</summary>
public sealed class ProposalTests : JudgingSystems
{
    private const string Shared = "Purchase of 129 kr at BUTIK with card ****1234. Ref 99887766\r\n";
    private const string Alert = "Dear Customer,\r\nRs.1,250.50 has been debited from your A/c XX4321 to ACME STORES on 15-01-2026. UPI Ref no 512345678901.\r\n";
    private const string Parcel = "Your parcel of order 77-1203 was handed to the neighbour at number 12.\r\n";

    // The reader looks no farther than some paragraphs for a verb.
    private static readonly string s_far = "Transaction 4711. Payment sent.\r\n" + string.Concat(Enumerable.Repeat("Our opening hours are the usual ones on all days of the week.\r\n", 25)) + "45.00 EUR\r\n";

    [Fact]
    public async Task Judge_ProposedTransactions_AreCheckedMergedAndBookedOnce()
    {
        var system = await StartJudgingAsync();
        Answers(system).Add(new(Proposing("informational", ("129", "SEK", "out", "BUTIK", "99887766")), Marker: "BUTIK", Count: null));
        Answers(system).Add(new(Proposing("informational", ("45.00", "EUR", "out", "", "4711")), Marker: "opening hours", Count: null));
        Answers(system).Add(new(Proposing("informational", ("1250.50", "INR", "out", "ACME STORES", "512345678901"), ("7777.77", "INR", "out", "", "")), Marker: "ACME", Count: null));
        Answers(system).Add(new(Proposing("informational", ("64.90", "EUR", "out", "", "77-1203")), Marker: "parcel", Count: null));
        // The first line that a model found fails once, in the midst of the books: all of the mail's are written, or none.
        await system.ExecuteAsync("""
            CREATE SEQUENCE test_faults;
            CREATE FUNCTION test_fault() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
              IF nextval('test_faults') = 1 THEN RAISE EXCEPTION 'once' USING ERRCODE = '40001'; END IF; RETURN NEW; END $$;
            GRANT ALL ON SEQUENCE test_faults TO PUBLIC;
            CREATE TRIGGER test_fault AFTER INSERT OR UPDATE ON transactions FOR EACH ROW WHEN (NEW.found_by <> 'reader') EXECUTE FUNCTION test_fault();
            """);
        await RunAsync(system, [Mail(1, Shared), Mail(2, s_far), Mail(3, Alert), Mail(4, Parcel)]);
        await JudgedAsync(system);

        const string Books = "SELECT string_agg(format('%s %s %s %s %s', amount::float, currency, direction, state, found_by), ', ' ORDER BY amount) FROM transactions";
        Assert.Equal("45 EUR out booked model, 129 SEK out booked both, 1250.5 INR out booked both", await system.ScalarAsync(Books));
        Assert.True(await system.CountAsync("SELECT last_value FROM test_faults") > 1);
        // The characters are the mail's.
        Assert.Equal("45.00", await system.ScalarAsync("SELECT substr(e.new_text, (t.spans->'amount'->>1)::int + 1, (t.spans->'amount'->>2)::int) FROM transactions t JOIN emails e ON e.id = t.mail_id WHERE found_by = 'model'"));
        // Who proposed what, and what was refused, stands in the record; nothing was made of what the mails do not say.
        var records = (string)(await system.ScalarAsync("SELECT string_agg(record->>'proposals', '|' ORDER BY record->>'proposals') FROM verdicts WHERE revision = 2 AND record->>'provider' = 'openai'"))!;
        Assert.Equal(["agreed", "booked", "lifted", "refused", "refused"], records.Split('|').SelectMany(Outcomes).Order(StringComparer.Ordinal));
        Assert.Equal(2, await system.CountAsync("SELECT count(*) FROM verdicts, jsonb_array_elements(record->'proposals') p WHERE revision = 2 AND p->'refused' ? 'amount' AND NOT p ? 'line'"));

        // Judged again, from the cache (where Redis answers in its 200 ms, which a busy machine's may not) and from the model: the same rows.
        const string Rows = "SELECT string_agg(id::text || line || state, ',' ORDER BY id) FROM transactions";
        var before = await system.ScalarAsync(Rows);
        await AgainAsync(system);
        Assert.Equal(before, await system.ScalarAsync(Rows));
        await system.ExecuteAsync("DELETE FROM chat_salts");
        await AgainAsync(system);
        Assert.Equal(before, await system.ScalarAsync(Rows));

        // What the owner has decided stays, and comes not a second time.
        await system.ExecuteAsync("UPDATE transactions SET state = 'rejected', line = 3, decided_at = now(), decided_by = gen_random_uuid() WHERE found_by = 'model'");
        await AgainAsync(system);
        Assert.Equal("45 EUR out rejected model, 129 SEK out booked both, 1250.5 INR out booked both", await system.ScalarAsync(Books));
        await NothingLostAsync(system);
    }

    [Fact]
    public async Task Judge_ModelSaysSpamAndThenNot_TheBooksFollowAtOnce()
    {
        var system = await StartJudgingAsync();
        Answers(system).Add(new(Proposing("spam"), Marker: "ACME"));
        await RunAsync(system, [Mail(1, Alert)]);
        await JudgedAsync(system);
        Assert.Equal("spam", await system.ScalarAsync("SELECT category FROM verdicts ORDER BY revision DESC LIMIT 1"));
        Assert.Equal(0, await system.CountAsync("SELECT count(*) FROM transactions"));

        Answers(system).Add(new(Proposing("informational"), Marker: "ACME"));
        await system.ExecuteAsync("DELETE FROM chat_salts"); // Nothing from the cache.
        await AgainAsync(system);
        Assert.Equal("1250.5000 booked reader", await system.ScalarAsync("SELECT concat_ws(' ', amount, state, found_by) FROM transactions"));
    }

    // The endpoint's own model, and its fault that invents sums.
    [Fact]
    public async Task Judge_SandboxModelProposes_AgreedAndInventedSumsRefused()
    {
        var system = await StartJudgingAsync();
        Faults(system).Set(new("*", ModelFaultKind.InventedAmount, Marker: "invented"));
        await RunAsync(system, [Mail(1, "Your card ****1234 was charged EUR 64.90 at BUTIK on 2026-01-15. Ref 99887766\r\n"), Mail(2, "The invented one: your card ****1234 was charged EUR 12.00 at KIOSK on 2026-01-16. Ref 99887799\r\n")]);
        await JudgedAsync(system);
        await NothingLostAsync(system);
        Assert.Equal("12 reader, 64.9 both", await system.ScalarAsync("SELECT string_agg(format('%s %s', amount::float, found_by), ', ' ORDER BY amount) FROM transactions WHERE state = 'booked'"));
        Assert.Equal(1, await system.CountAsync("SELECT count(*) FROM verdicts WHERE revision = 2 AND record->'proposals'->0->>'outcome' = 'refused' AND record->'answer'->'transactions'->0->>'amount' = '748213.59'"));
    }

    private static async Task AgainAsync(TestSystem system)
    {
        await system.ExecuteAsync("INSERT INTO open_judgings (mail_id, provider_user_id, lane, received_at, correlation_id) SELECT id, provider_user_id, 0, received_at, correlation_id FROM ledger");
        await JudgedAsync(system);
    }

    private static byte[] Mail(int number, string body) => TestMail.Plain(Owner, number, TimeSpan.FromHours(number), body);

    private static IEnumerable<string> Outcomes(string proposals) => JsonDocument.Parse(proposals).RootElement.EnumerateArray().Select(p => p.GetProperty("outcome").GetString()!);

    private static string Proposing(string category, params (string Amount, string Currency, string Direction, string Merchant, string Reference)[] lines) => JsonSerializer.Serialize(new Dictionary<string, object>
    {
        ["category"] = category,
        ["confidence"] = 0.9,
        ["reason"] = "As the test says.",
        ["summary"] = "Somebody tells of a payment.",
        ["tags"] = new[] { "finance" },
        ["transactions"] = lines.Select(l => new Dictionary<string, string>
        {
            ["amount"] = l.Amount, ["currency"] = l.Currency, ["direction"] = l.Direction, ["merchant"] = l.Merchant, ["date"] = "", ["account"] = "", ["reference"] = l.Reference,
        }).ToArray(),
    });
}
