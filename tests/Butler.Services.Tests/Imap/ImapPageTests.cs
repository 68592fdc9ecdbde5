using System.Globalization;
using System.Net;
using System.Text;
using System.Text.RegularExpressions;
using Butler.Services.Tests.Progress;

namespace Butler.Services.Tests.Imap;

/// <summary>IMAP accounts on the page.</summary>
public sealed partial class ImapPageTests(ProgressService service) : IClassFixture<ProgressService>
{
    private const string Password = "pa55word zebra7731 ";

    [Fact]
    public async Task List_FailingAccount_ShowsErrorAndNextTryAndNoSecret()
    {
        var id = await AddAsync("olivia.wintergreen@mail.example.org");
        await service.ExecuteAsync("UPDATE provider_users SET consecutive_failures = 3, last_failure_at = now(), last_error = 'The server refused the connection.' WHERE id = $1", id);
        using var admin = await SignedInAsync(service.Admin);

        var list = await admin.GetStringAsync("/imap");
        var form = await admin.GetStringAsync($"/imap/{id}");

        Assert.Contains("The server refused the connection.", list, StringComparison.Ordinal);
        Assert.Contains("3 failures in a row", list, StringComparison.Ordinal);
        Assert.Contains("Next try", list, StringComparison.Ordinal);
        Assert.Contains("value=\"Work\" checked", form, StringComparison.Ordinal);
        Assert.DoesNotContain("value=\"Trash\"", form, StringComparison.Ordinal);
        if (Environment.GetEnvironmentVariable("BUTLER_PAGES") is { } folder)
        {
            await SaveAsync(folder, ("imap-list", list), ("imap-form", form), ("imap-new", await admin.GetStringAsync("/imap/new")), ("home", await admin.GetStringAsync("/")));
        }
    }

    [Fact]
    public async Task Form_Sent_GoesToIngestSealed()
    {
        using var admin = await SignedInAsync(service.Admin);
        var token = Token().Match(await admin.GetStringAsync("/imap/new")).Groups["token"].Value;
        var fields = new Dictionary<string, string>
        {
            ["_token"] = token, ["address"] = "new@example.org", ["host"] = "imap.example.org", ["security"] = "tls", ["port"] = "", ["user"] = "", ["password"] = Password,
        };
        using var request = new HttpRequestMessage(HttpMethod.Post, "/commands/imap") { Content = new FormUrlEncodedContent(fields) };
        request.Headers.Add("Origin", service.Http.GetLeftPart(UriPartial.Authority));

        using var answer = await admin.SendAsync(request);

        Assert.Equal(HttpStatusCode.SeeOther, answer.StatusCode);
        var id = Guid.Parse(answer.Headers.Location!.ToString().Split('/')[^1], CultureInfo.InvariantCulture);
        Assert.Equal(1L, await service.ScalarAsync<long>("SELECT count(*) FROM outbox WHERE kind = 'ConnectImap' AND body->>'connectId' = $1::text OR body::text LIKE '%' || $1::text || '%'", id));
        Assert.Equal(0L, await service.ScalarAsync<long>("SELECT count(*) FROM connect_states c, outbox o WHERE position('zebra7731' IN encode(c.code, 'escape')) > 0 OR o.body::text LIKE '%zebra7731%'"));
        Assert.Contains("One moment", await admin.GetStringAsync($"/imap/saved/{id}"), StringComparison.Ordinal);
    }

    private async Task<Guid> AddAsync(string address)
    {
        var id = Guid.CreateVersion7();
        await service.ExecuteAsync("INSERT INTO provider_users (id, app_user_id, provider, address, display_name, services, credentials) VALUES ($1, $2, 'imap', $3, 'Olivia', '{imap}', '\\x01')", id, service.Owner, address);
        await service.ExecuteAsync("""
            INSERT INTO imap_accounts (provider_user_id, host, port, security, user_name, auth, folders, next_try_at) VALUES ($1, 'imap.example.org', 993, 'tls', $2, 'password', '{Work}', now() + interval '4 min')
            """, id, address);
        foreach (var (name, role) in new (string, string)[] {("INBOX", "inbox"), ("Work", "none"), ("Archive/2026", "archive"), ("Trash", "trash") })
        {
            await service.ExecuteAsync("INSERT INTO mailbox_folders (provider_user_id, name, role, followed) VALUES ($1, $2, $3, true)", id, name, role);
        }

        return id;
    }

    private async Task<HttpClient> SignedInAsync(Guid user)
    {
        var session = await service.Tokens.ExchangeLinkAsync(await service.Tokens.CreateLinkAsync(user, CancellationToken.None), CancellationToken.None);
        var client = service.Anonymous();
        client.DefaultRequestHeaders.Add("Cookie", "butler_session=" + session);
        client.DefaultRequestHeaders.Add("Accept", "text/html");
        return client;
    }

    // For looking at it in a browser without signing in there.
    private async Task SaveAsync(string folder, params (string Name, string Html)[] pages)
    {
        using var client = service.Anonymous();
        var style = await client.GetStringAsync("/assets/butler.css");
        foreach (var (name, html) in pages)
        {
            await File.WriteAllTextAsync(Path.Combine(folder, name + ".html"), html.Replace("</head>", $"<style>{style}</style></head>", StringComparison.Ordinal), Encoding.UTF8);
        }
    }

    [GeneratedRegex("name=\"_token\" value=\"(?<token>[^\"]+)\"")]
    private static partial Regex Token();
}
