using System.Net;
using System.Text;
using Butler.EndToEnd.Tests.Running;

namespace Butler.EndToEnd.Tests.Rest;

/// <summary>Every bad input that issue 2 names, on both services, with the one error format.</summary>
[Collection(SharedButler.Name)]
public sealed class BadRequestTests(SharedButler butler)
{
    private const string Unknown = "0199f000-0000-7000-8000-000000000000";

    [Theory]
    [InlineData("GET", "progress", "api/v1/nothing", 404, "not_found")]
    [InlineData("GET", "ingest", "api/v1/nothing", 404, "not_found")]
    [InlineData("GET", "progress", "nothing", 404, "not_found")]
    [InlineData("DELETE", "progress", "api/v1/email-sync/stats", 405, "method_not_allowed")]
    [InlineData("GET", "ingest", "api/process-email", 405, "method_not_allowed")]
    [InlineData("POST", "ingest", "api/v1/email-sync/start/42", 400, "invalid_id")]
    [InlineData("POST", "ingest", "api/v1/email-sync/start/{owner}?months=0", 400, "invalid_parameter")]
    [InlineData("POST", "ingest", "api/v1/email-sync/start/{owner}?months=25", 400, "invalid_parameter")]
    [InlineData("POST", "ingest", "api/v1/email-sync/start/{owner}?months=-1", 400, "invalid_parameter")]
    [InlineData("POST", "ingest", "api/v1/email-sync/start/{owner}?months=six", 400, "invalid_parameter")]
    [InlineData("POST", "ingest", "api/v1/email-sync/start/{owner}?months=99999999999", 400, "invalid_parameter")]
    [InlineData("POST", "ingest", "api/v1/email-sync/start/" + Unknown, 404, "not_found")]
    [InlineData("POST", "ingest", "api/v1/email-sync/start/{stranger}", 409, "conflict")]
    [InlineData("POST", "ingest", "api/v1/email-sync/42/cancel", 400, "invalid_id")]
    [InlineData("POST", "ingest", "api/v1/email-sync/" + Unknown + "/cancel", 404, "not_found")]
    [InlineData("GET", "progress", "api/v1/email-sync/status/42", 400, "invalid_id")]
    [InlineData("GET", "progress", "api/v1/email-sync/status/" + Unknown, 404, "not_found")]
    [InlineData("GET", "progress", "api/v1/email-sync/status/{stranger}", 404, "not_found")]
    [InlineData("GET", "progress", "api/v1/email-sync/history/42", 400, "invalid_id")]
    [InlineData("GET", "progress", "api/v1/email-sync/history/{owner}?limit=0", 400, "invalid_parameter")]
    [InlineData("GET", "progress", "api/v1/email-sync/history/{owner}?limit=101", 400, "invalid_parameter")]
    [InlineData("GET", "progress", "api/task-status/" + Unknown, 404, "not_found")]
    [InlineData("GET", "progress", "api/task-status/0?account={account}", 404, "not_found")]
    [InlineData("GET", "progress", "api/task-status/0?account=42", 400, "invalid_id")]
    [InlineData("GET", "progress", "api/v1/mails?tag=%00", 400, "invalid_request")]
    public async Task Request_Bad_AnswersTheErrorFormat(string method, string service, string path, int status, string code)
    {
        using var client = butler.Run.Client(Address(service));
        using var response = await client.SendAsync(new HttpRequestMessage(new HttpMethod(method), Fill(path)));

        Assert.Equal(code, await ContractTests.ErrorAsync(response, (HttpStatusCode)status));
    }

    [Theory]
    [InlineData("{\"email_id\":", 400, "invalid_json")]
    [InlineData("[]", 400, "invalid_json")]
    [InlineData("{\"email_id\": 7}", 400, "invalid_json")]
    [InlineData("{\"email_id\": \"x\", \"account\": \"7\"}", 400, "invalid_json")]
    [InlineData("", 400, "invalid_request")]
    [InlineData("null", 400, "invalid_request")]
    [InlineData("{}", 400, "invalid_parameter")]
    [InlineData("{\"email_id\": \"\"}", 400, "invalid_parameter")]
    [InlineData("{\"email_id\": \"\\u0000\"}", 400, "invalid_parameter")]
    [InlineData("{\"email_id\": \"\\ud800\"}", 400, "invalid_json")]
    [InlineData("{\"email_id\": \"nobody-has-it\"}", 404, "not_found")]
    public async Task ProcessEmail_BadBody_AnswersTheErrorFormat(string body, int status, string code)
    {
        using var response = await PostAsync(body, "application/json");

        Assert.Equal(code, await ContractTests.ErrorAsync(response, (HttpStatusCode)status));
    }

    [Fact]
    public async Task ProcessEmail_TooLargeOrNotJson_AnswersTheErrorFormat()
    {
        using var large = await PostAsync($"{{\"email_id\": \"{new string('x', 300_000)}\"}}", "application/json");
        using var other = await PostAsync("email_id=1", "application/x-www-form-urlencoded");

        Assert.Equal("payload_too_large", await ContractTests.ErrorAsync(large, HttpStatusCode.RequestEntityTooLarge));
        Assert.Equal("unsupported_media_type", await ContractTests.ErrorAsync(other, HttpStatusCode.UnsupportedMediaType));
    }

    [Theory]
    [InlineData("POST", "ingest", "api/v1/email-sync/start/{owner}")]
    [InlineData("POST", "ingest", "api/v1/email-sync/" + Unknown + "/cancel")]
    [InlineData("POST", "ingest", "api/process-email")]
    [InlineData("GET", "progress", "api/v1/email-sync/status/{owner}")]
    [InlineData("GET", "progress", "api/v1/email-sync/history/{owner}")]
    [InlineData("GET", "progress", "api/v1/email-sync/stats")]
    [InlineData("GET", "progress", "api/task-status/" + Unknown)]
    [InlineData("GET", "progress", "api/v1/mails")]
    public async Task Request_WithoutOrWithAWrongToken_Answers401(string method, string service, string path)
    {
        foreach (var token in new[] { "", "wrong" })
        {
            using var client = butler.Run.Client(Address(service), token);
            using var response = await client.SendAsync(new HttpRequestMessage(new HttpMethod(method), Fill(path)));

            Assert.Equal("unauthorized", await ContractTests.ErrorAsync(response, HttpStatusCode.Unauthorized));
        }
    }

    [Theory]
    [InlineData("POST", "ingest", "api/v1/email-sync/start/{owner}")]
    [InlineData("POST", "ingest", "api/v1/email-sync/{sync}/cancel")]
    [InlineData("POST", "ingest", "api/v1/users", "{\"display_name\": \"x\"}")]
    [InlineData("GET", "progress", "api/v1/email-sync/status/{owner}")]
    [InlineData("GET", "progress", "api/v1/email-sync/history/{owner}")]
    [InlineData("GET", "progress", "api/task-status/{task}")]
    [InlineData("GET", "progress", "api/task-status/{email}?account={account}")]
    [InlineData("GET", "progress", "api/v1/mails?account={account}")]
    [InlineData("GET", "progress", "api/v1/mails/{mail}")]
    public async Task Request_ForSomebodyElsesData_Answers403(string method, string service, string path, string? body = null)
    {
        var filled = Fill(path)
            .Replace("{sync}", $"{await butler.Run.ScalarAsync<Guid>("SELECT id FROM sync_jobs LIMIT 1")}", StringComparison.Ordinal)
            .Replace("{task}", $"{await butler.Run.ScalarAsync<Guid>("SELECT t.id FROM tasks t LIMIT 1")}", StringComparison.Ordinal)
            .Replace("{mail}", $"{await butler.Run.ScalarAsync<Guid>("SELECT id FROM emails LIMIT 1")}", StringComparison.Ordinal)
            .Replace("{email}", await butler.Run.ScalarAsync<string>($"SELECT provider_message_id FROM ledger WHERE provider_user_id = '{butler.Account}' LIMIT 1"), StringComparison.Ordinal);
        using var client = butler.Run.Client(Address(service), butler.StrangerToken);
        using var request = new HttpRequestMessage(new HttpMethod(method), filled) { Content = body is null ? null : new StringContent(body, Encoding.UTF8, "application/json") };
        using var response = await client.SendAsync(request);

        Assert.Equal("forbidden", await ContractTests.ErrorAsync(response, HttpStatusCode.Forbidden));
    }

    [Theory]
    [InlineData("progress", "api/v1/email-sync/status/erika.mustermann@example.org")]
    [InlineData("progress", "api/v1/mails?category=erika.mustermann@example.org")]
    [InlineData("progress", "api/task-status/erika.mustermann@example.org")]
    public async Task Request_WithAnAddressInIt_DoesNotRepeatIt(string service, string path)
    {
        using var client = butler.Run.Client(Address(service));
        using var response = await client.GetAsync(path);

        Assert.False(response.IsSuccessStatusCode);
        Assert.DoesNotContain("mustermann", await response.Content.ReadAsStringAsync(), StringComparison.Ordinal);
    }

    private async Task<HttpResponseMessage> PostAsync(string body, string type)
    {
        using var client = butler.Run.Client(butler.Run.Ingest);
        return await client.PostAsync("api/process-email", new StringContent(body, Encoding.UTF8, type));
    }

    private Uri Address(string service) => service == "ingest" ? butler.Run.Ingest : butler.Run.Progress;

    private string Fill(string path) => path
        .Replace("{owner}", $"{butler.Owner}", StringComparison.Ordinal)
        .Replace("{stranger}", $"{butler.Stranger}", StringComparison.Ordinal)
        .Replace("{account}", $"{butler.Account}", StringComparison.Ordinal);
}
