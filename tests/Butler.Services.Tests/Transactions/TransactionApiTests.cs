using System.Net;
using System.Net.Http.Json;
using System.Text;
using Butler.Services.Tests.Progress;

namespace Butler.Services.Tests.Transactions;

public sealed class TransactionApiTests(ProgressService service) : IClassFixture<ProgressService>
{
    private static readonly string s_origin = "http://localhost";

    [Fact]
    public async Task List_FiltersAndPages_EachOnceWithTotals()
    {
        var (user, account) = await BooksAsync();
        using var client = await service.AsAsync(user);

        var all = await ProgressService.JsonAsync(await client.GetAsync("/api/v1/transactions?limit=2"));
        Assert.Equal(2, all.GetProperty("transactions").GetArrayLength());
        var seen = new List<Guid>();
        for (string? next = ""; next is not null;)
        {
            var page = await ProgressService.JsonAsync(await client.GetAsync($"/api/v1/transactions?limit=2{(next.Length > 0 ? $"&before={next}" : "")}"));
            seen.AddRange(page.GetProperty("transactions").EnumerateArray().Select(t => t.GetProperty("id").GetGuid()));
            next = page.GetProperty("next").GetString();
        }

        Assert.Equal(5, seen.Distinct().Count());
        Assert.Equal(seen.Count, seen.Distinct().Count());
        var totals = all.GetProperty("totals").EnumerateArray().ToDictionary(t => $"{t.GetProperty("currency").GetString()} {t.GetProperty("direction").GetString()}", t => t.GetProperty("amount").GetDecimal());
        Assert.Equal((0.30m, 5.00m, 100.00m), (totals["EUR out"], totals["EUR refund"], totals["USD in"]));

        async Task<int> CountAsync(string query) => (await ProgressService.JsonAsync(await client.GetAsync("/api/v1/transactions?" + query))).GetProperty("transactions").GetArrayLength();
        Assert.Equal(3, await CountAsync("direction=out"));
        Assert.Equal(1, await CountAsync("currency=usd"));
        Assert.Equal(1, await CountAsync("merchant=100%25"));
        Assert.Equal(1, await CountAsync("text=ref-7"));
        Assert.Equal(1, await CountAsync("min=50"));
        Assert.Equal(2, await CountAsync("from=2026-02-01&to=2026-02-28"));
        Assert.Equal(1, await CountAsync("state=review"));
        Assert.Equal(6, await CountAsync($"state=all&account={account}"));
        Assert.Equal(1, await CountAsync("tag=travel"));
        foreach (var wrong in (string[])["from=yesterday", "currency=dollars", "direction=up", "state=lost", "min=-1", "before=x", "limit=0"])
        {
            Assert.Equal(HttpStatusCode.BadRequest, (await client.GetAsync("/api/v1/transactions?" + wrong)).StatusCode);
        }
    }

    [Fact]
    public async Task Csv_HostileMerchant_IsNoFormula()
    {
        var (user, _) = await BooksAsync();
        using var client = await service.AsAsync(user);

        using var response = await client.GetAsync("/api/v1/transactions.csv?state=all");

        Assert.Equal("text/csv", response.Content.Headers.ContentType!.MediaType);
        var bytes = await response.Content.ReadAsByteArrayAsync();
        Assert.Equal([0xEF, 0xBB, 0xBF], bytes[..3]);
        var lines = Encoding.UTF8.GetString(bytes, 3, bytes.Length - 3).Split("\r\n", StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal(7, lines.Length);
        Assert.Contains(lines, l => l.Contains("\"'=HYPERLINK(\"\"http://evil.example\"\",\"\"x\"\")\"", StringComparison.Ordinal));
        Assert.DoesNotContain(lines, l => l.Split(',').Any(c => c.StartsWith('=')));
    }

    [Fact]
    public async Task Page_ReviewAndChart_AreShownAndTheOwnersWordIsSent()
    {
        var (user, account) = await BooksAsync();
        using var client = await BrowserAsync(user);

        var booked = await client.GetStringAsync("/transactions");
        Assert.Contains("<svg", booked, StringComparison.Ordinal);
        Assert.Contains("−0.10 EUR", WebUtility.HtmlDecode(booked), StringComparison.Ordinal);
        Assert.DoesNotContain("<b>", booked, StringComparison.Ordinal);
        var review = await client.GetStringAsync("/transactions?state=review");
        Assert.Contains("which currency", review, StringComparison.Ordinal);

        var token = review.Split("name=\"_token\" value=\"")[1].Split('"')[0];
        var doubtful = await service.ScalarAsync<Guid>("SELECT id FROM transactions WHERE provider_user_id = $1 AND state = 'review'", account);
        async Task<HttpStatusCode> DecideAsync(params (string, string)[] fields) => (await client.SendAsync(new HttpRequestMessage(HttpMethod.Post, "/commands/transaction")
        { Content = new FormUrlEncodedContent(fields.Append(("_token", token)).Append(("transaction", $"{doubtful}")).Select(f => KeyValuePair.Create(f.Item1, f.Item2))), Headers = { { "Origin", Origin } } })).StatusCode;
        Assert.Equal(HttpStatusCode.BadRequest, await DecideAsync(("action", "accept")));
        Assert.Equal(HttpStatusCode.SeeOther, await DecideAsync(("action", "accept"), ("currency", "nok"), ("direction", "out"), ("amount", "12.75")));
        Assert.Equal("NOK 12.75", await service.ScalarAsync<string>("SELECT (body->>'currency') || ' ' || (body->>'amount') FROM outbox WHERE kind = 'ReviewTransaction' AND queue = 'classifier' AND provider_user_id = $1", account));
    }

    [Fact]
    public async Task Card_KeepTransactions_TickedAsItIsAndSentWhenItChanges()
    {
        var (user, account) = await BooksAsync();
        using var client = await BrowserAsync(user);

        var home = await client.GetStringAsync("/");
        Assert.Matches("<input type=\"checkbox\" name=\"keep_transactions\" value=\"1\" checked", home);
        var token = home.Split("name=\"_token\" value=\"")[1].Split('"')[0];
        async Task<long> ChangeAsync(params (string, string)[] fields)
        {
            using var answer = await client.SendAsync(new HttpRequestMessage(HttpMethod.Post, "/commands/retention")
            { Content = new FormUrlEncodedContent(fields.Append(("_token", token)).Append(("account", $"{account}")).Append(("days", "90")).Select(f => KeyValuePair.Create(f.Item1, f.Item2))), Headers = { { "Origin", Origin } } });
            Assert.Equal(HttpStatusCode.SeeOther, answer.StatusCode);
            return await service.ScalarAsync<long>("SELECT count(*) FROM outbox WHERE kind = 'KeepTransactions' AND queue = 'ingest' AND provider_user_id = $1 AND NOT (body->>'keep')::boolean", account);
        }

        Assert.Equal(0, await ChangeAsync()); // A form that shows no box wishes nothing.
        Assert.Equal(0, await ChangeAsync(("transactions", "shown"), ("keep_transactions", "1")));
        Assert.Equal(1, await ChangeAsync(("transactions", "shown")));
        Assert.Equal(3, await service.ScalarAsync<long>("SELECT count(*) FROM outbox WHERE kind = 'ChangeRetention' AND provider_user_id = $1", account));
        await service.ExecuteAsync("UPDATE provider_users SET keep_transactions = false WHERE id = $1", account);
        Assert.DoesNotMatch("name=\"keep_transactions\" value=\"1\" checked", await client.GetStringAsync("/"));
    }

    private async Task<HttpClient> BrowserAsync(Guid user)
    {
        var client = service.Anonymous();
        using var entered = await client.SendAsync(new HttpRequestMessage(HttpMethod.Post, "/signin")
        { Content = JsonContent.Create(new { code = await service.Tokens.CreateLinkAsync(user, CancellationToken.None) }), Headers = { { "Origin", Origin } } });
        client.DefaultRequestHeaders.Add("Cookie", entered.Headers.GetValues("Set-Cookie").Single().Split(';')[0]);
        client.DefaultRequestHeaders.Add("Accept", "text/html");
        return client;
    }

    private string Origin => service.Http.GetLeftPart(UriPartial.Authority) is { Length: > 0 } own ? own : s_origin;

    private async Task<(Guid User, Guid Account)> BooksAsync()
    {
        var (user, account) = (Guid.CreateVersion7(), Guid.CreateVersion7());
        await service.ExecuteAsync("INSERT INTO app_users (id, display_name, role) VALUES ($1, 'Books', 'member')", user);
        await service.AddAccountAsync(account, user, $"{account}@example.org");
        async Task AddAsync(string state, decimal amount, string? currency, string direction, string day, string merchant, string reference = "", string tags = "{}") => await service.ExecuteAsync($"""
            INSERT INTO transactions (id, mail_id, line, provider_user_id, state, amount, currency, direction, source, happened_on, day_said, merchant, account_tail, reference, checked, doubts, tags, spans)
            VALUES ($1, $1, 1, $2, $3, $4, nullif($5, ''), $6, 'alert', '{day}', true, $7, '1234', $8, false, '{(state == "review" ? "{currency}" : "{}")}', '{tags}', '{"{"}"amount":["t",5,4]{"}"}')
            """, Guid.CreateVersion7(), account, state, amount, currency ?? "", direction, merchant, reference);
        await AddAsync("booked", 0.10m, "EUR", "out", "2026-01-05", "=HYPERLINK(\"http://evil.example\",\"x\")");
        await AddAsync("booked", 0.10m, "EUR", "out", "2026-02-05", "<b>Shop</b>", "REF-7");
        await AddAsync("booked", 0.10m, "EUR", "out", "2026-02-05", "100% Kaffee", tags: "{travel}");
        await AddAsync("booked", 5m, "EUR", "refund", "2026-03-05", "Shop");
        await AddAsync("booked", 100m, "USD", "in", "2026-03-06", "Employer");
        await AddAsync("review", 129m, null, "unknown", "2026-03-07", "Butik");
        return (user, account);
    }
}
