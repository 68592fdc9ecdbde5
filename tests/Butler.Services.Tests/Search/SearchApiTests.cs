using System.Net;
using System.Text.Json;
using Butler.Data.Search;
using Butler.Services.Tests.Progress;

namespace Butler.Services.Tests.Search;

/// <summary>What a caller of the search endpoint and a person on the search page get.</summary>
public sealed class SearchApiTests(ProgressService progress) : IClassFixture<ProgressService>
{
    private static readonly DateTimeOffset s_day = DateTimeOffset.UnixEpoch.AddYears(56);

    [Fact]
    public async Task Search_Hit_HasPassageMarksAndParts()
    {
        var mail = await progress.AddMailAsync("Boiler inspection <b>", s_day, text: "Hello,\n\nthe <script>plumber</script> will inspect the boiler on Thursday.\n\nRegards");
        await progress.AddMailAsync("Cake", s_day, text: "I baked a cake.");
        var body = await GetAsync("q=inspecting boiler", b => b.GetProperty("results") is var r && r.GetArrayLength() > 0 && r[0].GetProperty("vectors").ValueKind == JsonValueKind.Object);

        Assert.Equal("hybrid", body.GetProperty("mode").GetString());
        Assert.True(body.GetProperty("complete").GetBoolean());
        var hit = body.GetProperty("results")[0];
        Assert.Equal(mail, hit.GetProperty("mail").GetProperty("id").GetGuid());
        Assert.Equal("Boiler inspection <b>", hit.GetProperty("mail").GetProperty("subject").GetString());
        var passage = hit.GetProperty("passage");
        var text = passage.GetProperty("text").GetString()!;
        Assert.Contains("<script>plumber</script>", text, StringComparison.Ordinal); // Text as it is: JSON needs no escape but its own.
        Assert.Equal(["inspect", "boiler"], passage.GetProperty("highlights").EnumerateArray().Select(h => text.Substring(h.GetProperty("start").GetInt32(), h.GetProperty("length").GetInt32())));
        Assert.Equal(1, hit.GetProperty("words").GetProperty("place").GetInt32());
        Assert.Equal(1, hit.GetProperty("vectors").GetProperty("place").GetInt32());
        Assert.Equal((1 + MailSearch.LocalWeight) / 61, hit.GetProperty("score").GetDouble(), 4);
    }

    [Fact]
    public async Task Search_OtherWordsOtherLanguageMisspelt_FindsTheMail()
    {
        var mail = await progress.AddMailAsync("Next week", s_day, text: "The physician can see you on Monday at nine.");
        foreach (var query in new[] { "doctor appointment", "Arzt Termin", "phisician" })
        {
            await GetAsync($"q={Uri.EscapeDataString(query)}", b => b.GetProperty("results") is var r && r.GetArrayLength() > 0 && r[0].GetProperty("mail").GetProperty("id").GetGuid() == mail);
        }
    }

    [Fact]
    public async Task Search_DeletedMail_IsNotShown()
    {
        var mail = await progress.AddMailAsync("Quokka", s_day, text: "A quokka.");
        Assert.Equal(1, (await GetAsync("q=quokka&mode=words")).GetProperty("results").GetArrayLength());
        await progress.ExecuteAsync("UPDATE mail_state SET deleted_at = now() WHERE id = $1", mail);
        Assert.Equal(0, (await GetAsync("q=quokka&mode=words")).GetProperty("results").GetArrayLength());
    }

    [Theory]
    [InlineData("q=", "q")]
    [InlineData("", "q")]
    [InlineData("q=\"open", "q")]
    [InlineData("q=-only", "q")]
    [InlineData("q=a&mode=magic", "mode")]
    [InlineData("q=a&limit=0", "limit")]
    [InlineData("q=a&from=yesterday", "from")]
    [InlineData("q=a&from=2026-02-01&to=2026-01-01", "from")]
    [InlineData("q=a&category=ham", "category")]
    public async Task Search_BadInput_SaysWhatIsAllowed(string query, string field)
    {
        using var client = await progress.AsAsync(progress.Owner);
        using var response = await client.GetAsync(new Uri("/api/v1/search?" + query, UriKind.Relative));
        Assert.Equal(HttpStatusCode.BadRequest, response.StatusCode);
        var error = (await ProgressService.JsonAsync(response)).GetProperty("error");
        Assert.Equal(field, error.GetProperty("details").GetProperty("field").GetString());
    }

    [Fact]
    public async Task Page_Query_ShowsMarkedTextEscaped()
    {
        await progress.AddMailAsync("Walrus <i>", s_day, text: "The walrus </span><script>alert(1)</script> sings.");
        using var client = progress.Anonymous();
        var session = await progress.Tokens.ExchangeLinkAsync(await progress.Tokens.CreateLinkAsync(progress.Owner, default), default);
        client.DefaultRequestHeaders.Add("Cookie", "butler_session=" + session);
        var html = await client.GetStringAsync(new Uri("/search?q=walrus&tag=", UriKind.Relative));
        Assert.Contains("<mark>Walrus</mark>", html, StringComparison.Ordinal);
        Assert.Contains("&lt;script&gt;alert(1)", html, StringComparison.Ordinal);
        Assert.DoesNotContain("<script>alert", html, StringComparison.Ordinal);
        Assert.Contains("The search must be complete", await client.GetStringAsync(new Uri("/search?q=%22half", UriKind.Relative)), StringComparison.Ordinal);
    }

    /// <summary>Asks until the answer is as wanted: vectors that others have just searched are read again after a moment.</summary>
    private async Task<JsonElement> GetAsync(string query, Func<JsonElement, bool>? until = null)
    {
        using var client = await progress.AsAsync(progress.Owner);
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        while (true)
        {
            using var response = await client.GetAsync(new Uri("/api/v1/search?" + query, UriKind.Relative), patience.Token);
            Assert.Equal(HttpStatusCode.OK, response.StatusCode);
            var body = await ProgressService.JsonAsync(response);
            if (until?.Invoke(body) ?? true)
            {
                return body;
            }

            Assert.False(patience.IsCancellationRequested, $"not found: {query}");
            await Task.Delay(100, patience.Token);
        }
    }
}
