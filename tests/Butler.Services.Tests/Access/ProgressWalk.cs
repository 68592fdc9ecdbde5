using System.Buffers.Binary;
using System.Net;
using System.Net.Http.Headers;
using Butler.Progress.V1;
using Google.Protobuf;

namespace Butler.Services.Tests.Access;

/// <summary>What Progress reads, streams and shows.</summary>
internal sealed class ProgressWalk : IWalkTable
{
    public string Service => "progress";

    public IEnumerable<WalkCase> Cases =>
    [
        .. WalkTables.Operation("/openapi/{documentName}.json"),
        WalkCase.Of("GET /api/health", Expect.Public, _ => "/api/health"),

        WalkCase.Of("GET /api/v1/email-sync/status/{userId}", Expect.Read, b => $"/api/v1/email-sync/status/{b.Owner}"),
        WalkCase.Of("GET /api/v1/email-sync/history/{userId}", Expect.Read, b => $"/api/v1/email-sync/history/{b.Owner}"),
        WalkCase.Of("GET /api/v1/email-sync/stats", Expect.Own, _ => "/api/v1/email-sync/stats"),
        WalkCase.Of("GET /api/task-status/{taskId}", Expect.Read, b => $"/api/task-status/walk-1?account={b.Account}"),
        WalkCase.Of("GET /api/v1/mails", Expect.Read, b => $"/api/v1/mails?account={b.Account}"),
        WalkCase.Of("GET /api/v1/mails", Expect.Own, _ => "/api/v1/mails"),
        WalkCase.Of("GET /api/v1/mails/{id}", Expect.Read, b => $"/api/v1/mails/{b.Mail}"),
        WalkCase.Of("GET /api/v1/mails/{id}", Expect.Read, b => $"/api/v1/mails/{b.Mail}", Pass.Session),
        WalkCase.Of("GET /api/v1/search", Expect.Read, b => $"/api/v1/search?q={WalkBed.Marker}&account={b.Account}"),
        WalkCase.Of("GET /api/v1/search", Expect.Own, _ => $"/api/v1/search?q={WalkBed.Marker}"),
        WalkCase.Of("GET /api/v1/transactions", Expect.Read, b => $"/api/v1/transactions?account={b.Account}"),
        WalkCase.Of("GET /api/v1/transactions", Expect.Own, _ => "/api/v1/transactions"),
        WalkCase.Of("GET /api/v1/transactions.csv", Expect.Read, b => $"/api/v1/transactions.csv?account={b.Account}"),
        WalkCase.Of("GET /api/v1/transactions.csv", Expect.Own, _ => "/api/v1/transactions.csv"),
        WalkCase.Of("GET /api/v1/failures", Expect.Read, b => $"/api/v1/failures?account={b.Account}"),
        WalkCase.Of("GET /api/v1/failures", Expect.Own, _ => "/api/v1/failures"),
        WalkCase.Of("GET /api/v1/chat", Expect.Own, _ => "/api/v1/chat"),
        WalkCase.Of("GET /events", Expect.Read, b => $"/events?user={b.Owner}"),
        WalkCase.Of("GET /events", Expect.Own, _ => "/events", Pass.Session),

        Grpc("Watch", b => new WatchRequest { SyncId = $"{b.Sync}" }),
        Grpc("Get", b => new GetRequest { SyncId = $"{b.Sync}" }),
        Grpc("List", b => new ListRequest { UserId = $"{b.Owner}" }),

        WalkCase.Of("GET /signin", Expect.Public, _ => "/signin", Pass.Session),
        new("POST /signin", new(204, 204, 204, 204, 204), async (bed, _) => new(HttpMethod.Post, "/signin")
        {
            Content = System.Net.Http.Json.JsonContent.Create(new { code = await bed.Data.Tokens.CreateLinkAsync(bed.Owner, CancellationToken.None) }),
        }, Pass.Session),
        WalkCase.Form("POST /signout", Expect.OwnDone(303), (bed, asker) =>
        {
            bed.Forget(bed.Person(asker) ?? Guid.Empty);
            return Task.FromResult(("/signout", new Dictionary<string, string>()));
        }),
        .. Pages(),
        .. Commands(),
    ];

    private static IEnumerable<WalkCase> Pages() =>
    [
        // After the sign-out above, whose session is used up.
        new("GET /", Expect.Own, (bed, asker) =>
        {
            bed.Forget(bed.Person(asker) ?? Guid.Empty);
            return Task.FromResult(new HttpRequestMessage(HttpMethod.Get, "/"));
        }, Pass.Session),
        WalkCase.Of("GET /mails", Expect.Read, b => $"/mails?account={b.Account}", Pass.Session),
        WalkCase.Of("GET /mails", Expect.Own, _ => "/mails", Pass.Session),
        WalkCase.Of("GET /search", Expect.Read, b => $"/search?q=can&account={b.Account}", Pass.Session),
        WalkCase.Of("GET /search", Expect.Own, _ => "/search?q=can", Pass.Session),
        WalkCase.Of("GET /transactions", Expect.Read, b => $"/transactions?account={b.Account}", Pass.Session),
        WalkCase.Of("GET /transactions", Expect.Own, _ => "/transactions", Pass.Session),
        WalkCase.Of("GET /mail/{id}", Expect.Read, b => $"/mail/{b.Mail}", Pass.Session),
        WalkCase.Of("GET /failures", Expect.Own, _ => "/failures", Pass.Session),
        WalkCase.Of("GET /models", Expect.AdminOnly(200), _ => "/models", Pass.Session),
    ];

    private static IEnumerable<WalkCase> Commands() =>
    [
        WalkCase.Form("POST /commands/import", Expect.Command(303), (b, _) => Task.FromResult(("/commands/import", new Dictionary<string, string> { ["account"] = $"{b.Account}", ["months"] = "1" }))),
        WalkCase.Form("POST /commands/cancel", Expect.Command(303), (b, _) => Task.FromResult(("/commands/cancel", new Dictionary<string, string> { ["sync"] = $"{b.Sync}" }))),
        WalkCase.Form("POST /commands/transaction", Expect.Command(303), (b, _) => Task.FromResult(("/commands/transaction", new Dictionary<string, string> { ["transaction"] = $"{b.Transaction}", ["action"] = "reject" }))),
        WalkCase.Form("POST /commands/judge", Expect.Command(303), (b, _) => Task.FromResult(("/commands/judge", new Dictionary<string, string> { ["mail"] = $"{b.Mail}" }))),
    ];

    /// <summary>A call as it is on the wire, so that what is refused before the service counts too.</summary>
    private static WalkCase Grpc(string method, Func<WalkBed, IMessage> message) =>
        new($"POST /butler.progress.v1.Progress/{method}", Expect.Read, (bed, _) =>
        {
            var bytes = message(bed).ToByteArray();
            var frame = new byte[5 + bytes.Length];
            BinaryPrimitives.WriteInt32BigEndian(frame.AsSpan(1), bytes.Length);
            bytes.CopyTo(frame, 5);
            var request = new HttpRequestMessage(HttpMethod.Post, $"/butler.progress.v1.Progress/{method}")
            {
                Version = HttpVersion.Version20,
                VersionPolicy = HttpVersionPolicy.RequestVersionExact,
                Content = new ByteArrayContent(frame) { Headers = { ContentType = new MediaTypeHeaderValue("application/grpc") } },
            };
            request.Headers.TE.Add(new("trailers"));
            return Task.FromResult(request);
        });
}

internal static class WalkTables
{
    /// <summary>What every service answers to everybody.</summary>
    public static IEnumerable<WalkCase> Operation(string openApi) =>
    [
        WalkCase.Of("ANY /health", Expect.Public, _ => "/health"),
        WalkCase.Of("ANY /alive", Expect.Public, _ => "/alive"),
        WalkCase.Of("GET /api/metrics", Expect.Public, _ => "/api/metrics"),
        WalkCase.Of($"GET {openApi}", Expect.Public, _ => "/openapi/v1.json"),
        WalkCase.Of("GET /docs", Expect.Public, _ => "/docs"),
        WalkCase.Of("GET /docs/docs.css", Expect.Public, _ => "/docs/docs.css"),
        WalkCase.Of("GET /docs/docs.js", Expect.Public, _ => "/docs/docs.js"),
    ];
}
