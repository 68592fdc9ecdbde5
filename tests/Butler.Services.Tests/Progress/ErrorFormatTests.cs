using System.Net;
using System.Net.Http.Headers;
using System.Text;
using Butler.ServiceDefaults.Errors;

namespace Butler.Services.Tests.Progress;

public sealed class ErrorFormatTests(ProgressService service) : IClassFixture<ProgressService>
{
    [Theory]
    [InlineData("/api/nothing", 404, "not_found")]
    [InlineData("/api/v1/email-sync/status/not-a-uuid", 400, "invalid_id")]
    [InlineData("/api/v1/email-sync/status/0199f000-0000-7000-8000-000000000000", 404, "not_found")]
    [InlineData("/api/v1/mails/xyz", 400, "invalid_id")]
    [InlineData("/api/v1/mails?category=urgent", 400, "invalid_parameter")]
    [InlineData("/api/v1/mails?limit=0", 400, "invalid_parameter")]
    [InlineData("/api/v1/mails?before=tomorrow", 400, "invalid_parameter")]
    [InlineData("/api/v1/mails?before=99999999999999999999_0", 400, "invalid_parameter")]
    public async Task Get_BadRequest_AnswersTheErrorFormat(string path, int status, string code)
    {
        using var client = await service.AsAsync(service.Owner);
        using var response = await client.GetAsync(path);

        Assert.Equal(status, (int)response.StatusCode);
        var error = (await ProgressService.JsonAsync(response)).GetProperty("error");
        Assert.Equal(code, error.GetProperty("code").GetString());
        Assert.NotEmpty(error.GetProperty("message").GetString()!);
        Assert.Equal(System.Text.Json.JsonValueKind.Object, error.GetProperty("details").ValueKind);
        Assert.True(error.GetProperty("timestamp").GetDateTimeOffset() > DateTimeOffset.UnixEpoch);
        Assert.Equal(response.Headers.GetValues("X-Correlation-Id").Single(), error.GetProperty("request_id").GetString());
    }

    [Fact]
    public async Task Get_IdLooksLikeAnAddress_IsNotRepeated()
    {
        using var client = await service.AsAsync(service.Owner);
        using var response = await client.GetAsync("/api/v1/mails/erika@example.org");

        Assert.DoesNotContain("erika", await response.Content.ReadAsStringAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Delete_KnownRoute_Answers405()
    {
        using var client = await service.AsAsync(service.Owner);
        using var response = await client.DeleteAsync("/api/v1/mails");

        Assert.Equal(HttpStatusCode.MethodNotAllowed, response.StatusCode);
        Assert.Equal("method_not_allowed", (await ProgressService.JsonAsync(response)).GetProperty("error").GetProperty("code").GetString());
    }

    [Theory]
    [InlineData("application/json", "{\"code\":", 400, "invalid_json")]
    [InlineData("text/plain", "code", 415, "unsupported_media_type")]
    public async Task SignIn_BadBody_AnswersTheErrorFormat(string type, string body, int status, string code)
    {
        using var client = await service.AsAsync(service.Owner);
        using var response = await PostAsync(client, body, type);

        Assert.Equal(status, (int)response.StatusCode);
        Assert.Equal(code, (await ProgressService.JsonAsync(response)).GetProperty("error").GetProperty("code").GetString());
    }

    [Fact]
    public async Task SignIn_TooLargeBody_Answers413()
    {
        using var client = service.Anonymous();
        using var response = await PostAsync(client, $$"""{"code":"{{new string('x', 300_000)}}"}""", "application/json");

        Assert.Equal(HttpStatusCode.RequestEntityTooLarge, response.StatusCode);
        Assert.Equal("payload_too_large", (await ProgressService.JsonAsync(response)).GetProperty("error").GetProperty("code").GetString());
    }

    [Fact]
    public void Codes_All_HaveDocumentation()
    {
        var page = File.ReadAllText(Path.Combine(Root(), "docs", "api.md"));
        Assert.All(ApiErrorCodes.All, code => Assert.Contains($"| `{code.Key}` | {code.Value} |", page, StringComparison.Ordinal));
    }

    private async Task<HttpResponseMessage> PostAsync(HttpClient client, string body, string type)
    {
        var request = new HttpRequestMessage(HttpMethod.Post, "/signin") { Content = new StringContent(body, Encoding.UTF8, new MediaTypeHeaderValue(type)) };
        request.Headers.Add("Origin", service.Http.GetLeftPart(UriPartial.Authority));
        return await client.SendAsync(request);
    }

    private static string Root()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(folder.FullName, "Butler.sln")))
        {
            folder = folder.Parent!;
        }

        return folder.FullName;
    }
}
