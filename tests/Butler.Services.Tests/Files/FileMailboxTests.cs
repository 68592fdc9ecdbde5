using System.Net;
using System.Net.Http.Json;
using System.Text;
using Butler.Data;
using Butler.Data.Ingest;
using Butler.Ingest;
using Butler.Ingest.Audits;
using Butler.Ingest.Files;
using Butler.Ingest.Schedules;
using Butler.Mailboxes;
using Butler.Mailboxes.Files;
using Butler.ServiceDefaults;
using Butler.ServiceDefaults.Access;
using Butler.Services.Tests.Hosting;
using Butler.Testing;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;

namespace Butler.Services.Tests.Files;

/// <summary>Files as accounts, through the services: connected, imported, judged, drafted, audited.</summary>
public sealed class FileMailboxTests
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(60);

    [Fact]
    public async Task Connect_MboxMaildirAndArchive_ImportsEachMailOnceAndKeepsDraftsHere()
    {
        var folder = Servers.Scratch("files");
        var now = TimeProvider.System.GetUtcNow();
        await File.WriteAllTextAsync(Path.Combine(folder, "old.mbox"), string.Concat(Enumerable.Range(0, 30).Select(i => Mbox(i, now.AddYears(-i)))));
        Directory.CreateDirectory(Path.Combine(folder, "Maildir", "cur"));
        Directory.CreateDirectory(Path.Combine(folder, "Maildir", "new"));
        Directory.CreateDirectory(Path.Combine(folder, "Maildir", "tmp"));
        await File.WriteAllTextAsync(Path.Combine(folder, "Maildir", "cur", "1.host:2,S"), Mail(100, now.AddDays(-1), "Could you tell me by Friday whether Thursday at 10 works for you?"));
        await File.WriteAllTextAsync(Path.Combine(folder, "Maildir", "new", "2.host"), Mail(0, now)); // In the mbox too: one mail.
        await using (var gzip = new System.IO.Compression.GZipStream(File.Create(Path.Combine(folder, "export.mbox.gz")), System.IO.Compression.CompressionLevel.Fastest))
        {
            await gzip.WriteAsync(Encoding.UTF8.GetBytes(string.Concat(Enumerable.Range(200, 5).Select(i => Mbox(i, now.AddYears(-2).AddDays(i))))));
        }

        await using var bed = await StartAsync(folder);
        await bed.System.StartResponderAsync();
        var (status, _) = await bed.PostAsync(new { path = folder });
        Assert.Equal(HttpStatusCode.Created, status);
        await bed.System.UntilAsync("SELECT count(*) = 1 FROM sync_jobs WHERE status = 'completed' AND progress = 100", s_patience, "the import completes");

        Assert.Equal(36, await bed.System.CountAsync("SELECT count(*) FROM emails"));
        Assert.Equal(36, await bed.System.CountAsync("SELECT total FROM sync_jobs"));
        Assert.Equal("owner@example.org", await bed.System.ScalarAsync("SELECT address FROM provider_users WHERE provider = 'file'"));
        Assert.Equal(0, await bed.System.CountAsync("SELECT count(*) FROM emails WHERE new_text LIKE '%>From%'"));
        Assert.Equal(1, await bed.System.CountAsync("SELECT count(*) FROM emails WHERE subject = 'Mail 7' AND new_text LIKE '%From here on it was quoted.%'"));
        // Newest first.
        Assert.True(await bed.System.ScalarAsync("SELECT bool_and(received_at <= before) FROM (SELECT received_at, lag(received_at) OVER (ORDER BY rank) AS before FROM ledger) l WHERE before IS NOT NULL") is true);
        await bed.System.UntilAsync("SELECT count(*) = 1 FROM replies WHERE state = 'created' AND draft_id IS NULL AND generated_reply <> ''", s_patience, "the draft is kept");
        Assert.Equal(1, await bed.System.CountAsync("SELECT count(*) FROM replies"));

        // An audit looks at the files again and finds all accounted for.
        var audit = await bed.AuditAsync();
        Assert.Equal("36 in the files, 36 accounted for: 36 done.", audit);

        // What comes to the file is found by the next import, and only that is read.
        await File.AppendAllTextAsync(Path.Combine(folder, "old.mbox"), Mbox(300, TimeProvider.System.GetUtcNow()));
        await bed.ImportAsync();
        Assert.Equal(37, await bed.System.CountAsync("SELECT count(*) FROM emails"));
        Assert.Equal(1, await bed.System.CountAsync("SELECT total FROM sync_jobs ORDER BY created_at DESC LIMIT 1"));

        // The spool of the archive is there to be imported, not to be kept.
        await bed.RunAsync("file-spools");
        Assert.False(Directory.Exists(Path.Combine(folder, "..", Path.GetFileName(folder) + "-spool", bed.Account.ToString("N"))));
    }

    [Fact]
    public async Task Connect_PathsThatAreNotAllowed_AreRefused()
    {
        var outer = Servers.Scratch("roots");
        var root = Directory.CreateDirectory(Path.Combine(outer, "mail")).FullName;
        await File.WriteAllTextAsync(Path.Combine(outer, "secret.mbox"), Mbox(1, TimeProvider.System.GetUtcNow()));
        Directory.CreateDirectory(Path.Combine(outer, "mail-more"));
        await File.WriteAllTextAsync(Path.Combine(outer, "mail-more", "a.mbox"), Mbox(1, TimeProvider.System.GetUtcNow()));
        File.CreateSymbolicLink(Path.Combine(root, "link.mbox"), Path.Combine(outer, "secret.mbox"));
        Directory.CreateSymbolicLink(Path.Combine(root, "folder"), outer);
        await File.WriteAllTextAsync(Path.Combine(root, "picture.png"), "no mail in here");
        await using var bed = await StartAsync(root);

        foreach (var path in new[]
        {
            Path.Combine(outer, "secret.mbox"), Path.Combine(root, "..", "secret.mbox"), Path.Combine(root, "link.mbox"), Path.Combine(root, "folder", "secret.mbox"), Path.Combine(outer, "mail-more", "a.mbox"),
            "secret.mbox", "/etc/passwd", root + "\0", Path.Combine(root, "picture.png"),
        })
        {
            var (status, body) = await bed.PostAsync(new { path });
            Assert.True(status == HttpStatusCode.Conflict, $"{status} {body}");
            Assert.DoesNotContain(outer, body, StringComparison.Ordinal);
        }

        Assert.Equal(HttpStatusCode.NotFound, (await bed.PostAsync(new { path = Path.Combine(root, "nothing.mbox") })).Status);
        Assert.Equal(HttpStatusCode.BadRequest, (await bed.PostAsync(new { address = "x@example.org" })).Status);
        Assert.Equal(0, await bed.System.CountAsync("SELECT count(*) FROM provider_users"));
        Assert.Throws<MailboxException>(() => new FileRoots(new()).Require(root));
    }

    /// <summary>An index pass that is cut off after each batch goes on from its offset; what was read is not read again.</summary>
    [Fact]
    public async Task Index_CutOffAndGoneOn_ReadsEveryByteOnce()
    {
        var folder = Servers.Scratch("resume");
        await File.WriteAllTextAsync(Path.Combine(folder, "all.mbox"), string.Concat(Enumerable.Range(0, 2600).Select(i => Mbox(i, DateTimeOffset.UnixEpoch.AddYears(40).AddHours(i)))));
        await using var db = new IndexBed(await PostgresFixture.CreateDatabaseAsync());
        var options = new FileMailboxOptions { ScanTime = TimeSpan.Zero };
        options.Roots.Add(folder);
        var account = new MailboxAccount(Guid.CreateVersion7(), "file", "owner@example.org", new FileSettings(folder).ToCredentials());
        var turns = 0;
        MailPage? page = null;
        var offsets = new List<long>();
        while (page is null)
        {
            // A mailbox of its own each time, as after a kill: all that is known is in the tables.
            try
            {
                page = await db.Open(account, options).ListAsync(new(null, null), null, default);
            }
            catch (MailboxException e) when (e.Fault == MailboxFault.Throttled)
            {
                turns++;
                offsets.Add((await db.Tables.ScansAsync(account.ProviderUserId, ["all.mbox"], default)).Single().IndexedTo);
            }
        }

        Assert.InRange(turns, 5, 7);
        Assert.Equal(offsets.Order(), offsets);
        Assert.Equal(2600, await db.Tables.CountAsync(account.ProviderUserId, default));
        var mailbox = db.Open(account, options);
        var ids = new List<string>();
        for (string? token = null; ;)
        {
            var next = await mailbox.ListAsync(new(null, DateTimeOffset.MaxValue, PageSize: 400), token, default);
            ids.AddRange(next.Mails.Select(m => m.Id));
            token = next.NextPageToken;
            if (token is null)
            {
                break;
            }
        }

        Assert.Equal(2600, ids.Distinct().Count());
        var fetched = await mailbox.FetchAsync([.. ids.Take(50)], new(MailLane.Bulk, 1 << 20, s_patience), default);
        Assert.All(fetched.Mails, m => Assert.Equal(FetchStatus.Ok, m.Status));
        Assert.Contains("Subject: Mail 2599", Encoding.UTF8.GetString(fetched.Mails[0].Raw.Span), StringComparison.Ordinal);

        // The file is compacted: the first half goes, the rest keeps its ids and is found where it is now.
        await File.WriteAllTextAsync(Path.Combine(folder, "all.mbox"), string.Concat(Enumerable.Range(1300, 1300).Select(i => Mbox(i, DateTimeOffset.UnixEpoch.AddYears(40).AddHours(i)))));
        var patient = new FileMailboxOptions { ScanTime = s_patience };
        patient.Roots.Add(folder);
        var after = await db.Open(account, patient).FetchAsync([ids[0], ids[^1]], new(MailLane.Bulk, 1 << 20, s_patience), default);
        Assert.Equal([FetchStatus.Ok, FetchStatus.Gone], after.Mails.Select(m => m.Status));
        Assert.Equal(1300, await db.Tables.CountAsync(account.ProviderUserId, default));
    }

    private static string Mbox(int number, DateTimeOffset date) =>
        $"From sender@example.org {date.UtcDateTime.ToString("ddd MMM d HH:mm:ss yyyy", System.Globalization.CultureInfo.InvariantCulture)}\n" + Mail(number, date).Replace("\nFrom here", "\n>From here", StringComparison.Ordinal) + "\n";

    private static string Mail(int number, DateTimeOffset date, string text = "The boards were delivered.") =>
        $"From: Wanda <wanda@example.net>\nTo: owner@example.org\nSubject: Mail {number}\nDate: {date.UtcDateTime:r}\nMessage-ID: <{number}@example.net>\n\n{text}\n\nFrom here on it was quoted.\n\nWanda\n";

    private static async Task<Bed> StartAsync(string root)
    {
        var system = await TestSystem.StartAsync(_ => { }, new Dictionary<string, string?>
        {
            ["Butler:Files:Roots:0"] = root,
            ["Butler:Files:Scratch"] = Path.Combine(root, "..", Path.GetFileName(root) + "-spool"),
            ["Butler:Audit:Grace"] = "00:00:00",
            ["Butler:Import:BatchMails"] = "10",
        });
        var ingest = await system.StartAsync(b =>
        {
            b.Configuration.AddInMemoryCollection(new Dictionary<string, string?> { ["Butler:Sandbox:Address"] = null });
            b.AddIngest();
        }, app =>
        {
            app.MapDefaultEndpoints();
            app.UseButlerAuthentication();
            app.MapFileAccounts();
            app.MapSchedules();
            app.MapAudits();
        });
        await system.StartClassifierAsync();
        var token = await ingest.Services.GetRequiredService<TokenStore>().CreateBearerAsync((Guid)(await system.ScalarAsync("SELECT id FROM app_users"))!, "test", default);
        var http = new HttpClient { BaseAddress = new(TestSystem.Address(ingest)) };
        http.DefaultRequestHeaders.Authorization = new("Bearer", token);
        return new(system, http);
    }

    private sealed class Bed(TestSystem system, HttpClient http) : IAsyncDisposable
    {
        public TestSystem System { get; } = system;

        public Guid Account { get; private set; }

        public async Task<(HttpStatusCode Status, string Body)> PostAsync(object request)
        {
            using var response = await http.PostAsJsonAsync("/api/v1/file-accounts", request, ApiJson.Options);
            var body = await response.Content.ReadAsStringAsync();
            if (response.StatusCode == HttpStatusCode.Created)
            {
                Account = (Guid)(await System.ScalarAsync("SELECT id FROM provider_users WHERE provider = 'file'"))!;
            }

            return (response.StatusCode, body);
        }

        public async Task<string> AuditAsync()
        {
            using var started = await http.PostAsJsonAsync("/api/v1/audits", new { account = Account });
            Assert.Equal(HttpStatusCode.Accepted, started.StatusCode);
            await System.UntilAsync("SELECT bool_and(status <> 'running') FROM audits", s_patience, "the audit ends");
            var id = await System.ScalarAsync("SELECT id FROM audits ORDER BY created_at DESC LIMIT 1");
            var body = await http.GetFromJsonAsync<global::System.Text.Json.JsonElement>($"/api/v1/audits/{id}");
            return body.GetProperty("words").GetString()!;
        }

        public async Task ImportAsync()
        {
            await System.ExecuteAsync($"INSERT INTO outbox (id, queue, lane, kind, body, provider_user_id, correlation_id) VALUES (gen_random_uuid(), 'ingest', 1, 'StartImport', jsonb '{{\"provider_user_id\":\"{Account}\",\"trigger\":\"api\"}}', '{Account}', gen_random_uuid())");
            await System.UntilAsync("SELECT count(*) = 2 AND bool_and(status = 'completed') FROM sync_jobs", s_patience, "the second import completes");
        }

        public async Task RunAsync(string schedule)
        {
            var runs = await System.CountAsync($"SELECT runs FROM schedules WHERE name = '{schedule}'");
            await http.PostAsync($"/api/v1/admin/schedules/{schedule}/run", null);
            await System.UntilAsync($"SELECT runs > {runs} AND claim IS NULL AND forced_at IS NULL FROM schedules WHERE name = '{schedule}'", s_patience, "the schedule has run");
        }

        public async ValueTask DisposeAsync()
        {
            http.Dispose();
            await System.DisposeAsync();
        }
    }

    private sealed class IndexBed : IAsyncDisposable
    {
        private readonly Npgsql.NpgsqlDataSource _source;

        public IndexBed(string connectionString)
        {
            _source = Npgsql.NpgsqlDataSource.Create(connectionString);
            Tables = new(new Database(_source));
        }

        public FileTables Tables { get; }

        public IMailbox Open(MailboxAccount account, FileMailboxOptions options) => new FileMailbox(account, new FileIndex(Tables), options, TimeProvider.System);

        public ValueTask DisposeAsync() => _source.DisposeAsync();
    }
}
