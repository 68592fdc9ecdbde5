using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using Butler.Services.Tests.Access;
using Butler.Services.Tests.Progress;
using Butler.Testing;

namespace Butler.Services.Tests.Tags;

/// <summary>Own tags through the API of both services and the page.</summary>
public sealed class TagApiTests(ProgressService service) : IClassFixture<ProgressService>
{
    [Fact]
    public async Task Put_ListFilterDelete_ThroughTheApi()
    {
        await using var host = new IngestHost(service.ConnectionString, await RedisFixture.ConnectionAsync());
        using var ingest = new HttpClient { BaseAddress = host.Start() };
        ingest.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", await service.Tokens.CreateBearerAsync(service.Owner, "t", CancellationToken.None));
        using var reader = await service.AsAsync(service.Owner);

        Assert.Equal(HttpStatusCode.Created, (await ingest.PutAsJsonAsync("/api/v1/tags/house-move", new { description = "Our move", words = new[] { "New  Flat" }, match = "any" })).StatusCode);
        Assert.Equal(HttpStatusCode.OK, (await ingest.PutAsJsonAsync("/api/v1/tags/house-move", new { description = "Our move", from = new[] { "movers.example" } })).StatusCode);
        foreach (var (name, body, code) in ((string, object, string)[])
        [
            ("work", new { description = "d" }, "conflict"), ("House", new { description = "d" }, "invalid_parameter"), ("house", new { }, "invalid_parameter"),
            ("house", new { from = new[] { "boss" } }, "invalid_parameter"), ("house", new { match = "some", words = new[] { "a" } }, "invalid_parameter"), ("house", new { words = "a" }, "invalid_json"),
        ])
        {
            var refused = await ProgressService.JsonAsync(await ingest.PutAsJsonAsync($"/api/v1/tags/{name}", body));
            Assert.Equal(code, refused.GetProperty("error").GetProperty("code").GetString());
            Assert.DoesNotContain("boss", refused.GetRawText(), StringComparison.Ordinal);
        }

        var mail = await service.AddMailAsync("Tagged", DateTimeOffset.UnixEpoch.AddYears(51));
        await service.ExecuteAsync("INSERT INTO email_tags (mail_id, expires_at, provider_user_id, tag) SELECT id, expires_at, provider_user_id, 'house-move' FROM emails WHERE id = $1", mail);
        var list = await ProgressService.JsonAsync(await reader.GetAsync("/api/v1/tags"));
        var own = list.GetProperty("own").EnumerateArray().Single();
        Assert.Equal(("house-move", "all", 1, "movers.example", 0), (own.GetProperty("name").GetString(), own.GetProperty("match").GetString(), own.GetProperty("mails").GetInt32(),
            own.GetProperty("from")[0].GetString(), own.GetProperty("words").GetArrayLength()));
        Assert.Contains("newsletter", list.GetProperty("closed").EnumerateArray().Select(t => t.GetProperty("name").GetString()));
        Assert.Equal(1, (await ProgressService.JsonAsync(await reader.GetAsync("/api/v1/mails?tag=house-move"))).GetProperty("mails").GetArrayLength());
        Assert.Equal(HttpStatusCode.OK, (await reader.GetAsync("/api/v1/search?q=tagged&tag=house-move")).StatusCode);
        using var stranger = await service.AsAsync(service.Stranger);
        Assert.Equal(0, (await ProgressService.JsonAsync(await stranger.GetAsync("/api/v1/tags"))).GetProperty("own").GetArrayLength());

        Assert.Equal(HttpStatusCode.NoContent, (await ingest.DeleteAsync("/api/v1/tags/house-move")).StatusCode);
        Assert.Equal(HttpStatusCode.NotFound, (await ingest.DeleteAsync("/api/v1/tags/house-move")).StatusCode);
        Assert.True(await service.ScalarAsync<long>("SELECT count(*) FROM outbox WHERE kind = 'TagMails' AND provider_user_id = $1 AND body::text NOT LIKE '%house%'", service.Account) >= 3);
    }

    [Fact]
    public async Task Page_WrongAndRight_SaysWhatIsWrongAndKeepsWhatWasWritten()
    {
        using var client = service.Anonymous();
        var origin = service.Http.GetLeftPart(UriPartial.Authority);
        using var entered = await client.SendAsync(new HttpRequestMessage(HttpMethod.Post, "/signin")
        { Content = JsonContent.Create(new { code = await service.Tokens.CreateLinkAsync(service.Spouse, CancellationToken.None) }), Headers = { { "Origin", origin } } });
        client.DefaultRequestHeaders.Add("Cookie", entered.Headers.GetValues("Set-Cookie").Single().Split(';')[0]);
        client.DefaultRequestHeaders.Add("Accept", "text/html");
        var page = await client.GetStringAsync("/tags");
        Assert.Contains("mailing-list", page, StringComparison.Ordinal);
        var token = System.Text.RegularExpressions.Regex.Match(page, "name=\"_token\" value=\"([^\"]+)\"").Groups[1].Value;

        using var wrong = await PostAsync("/commands/tag", ("name", "Garden"), ("from", "the <b>neighbour</b>"));
        var said = await wrong.Content.ReadAsStringAsync();
        Assert.Equal(HttpStatusCode.BadRequest, wrong.StatusCode);
        Assert.Contains("The senders must be", said, StringComparison.Ordinal);
        Assert.Contains("the &lt;b&gt;neighbour", said, StringComparison.Ordinal);

        Assert.Equal(HttpStatusCode.SeeOther, (await PostAsync("/commands/tag", ("name", "Garden plans"), ("words", "tulips, apple tree"), ("match", "any"))).StatusCode);
        var saved = await client.GetStringAsync("/tags?edit=garden-plans");
        Assert.Contains("tulips or apple tree", saved, StringComparison.Ordinal);
        Assert.Contains("Change garden-plans", saved, StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.SeeOther, (await PostAsync("/commands/tag-delete", ("name", "garden-plans"))).StatusCode);
        Assert.DoesNotContain("tulips", await client.GetStringAsync("/tags"), StringComparison.Ordinal);

        Task<HttpResponseMessage> PostAsync(string path, params (string Name, string Value)[] fields) => client.SendAsync(new HttpRequestMessage(HttpMethod.Post, path)
        {
            Content = new FormUrlEncodedContent([new("_token", token), .. fields.Select(f => KeyValuePair.Create(f.Name, f.Value))]),
            Headers = { { "Origin", origin } },
        });
    }
}
