namespace Butler.Services.Tests.Access;

/// <summary>The webhook: no token of Butler's opens it, whoever's; where no push is configured it is not there. Live/WebhookTests has the rest.</summary>
internal sealed class LiveWalk : IWalkTable
{
    public string Service => "ingest";

    public IEnumerable<WalkCase> Cases =>
    [
        WalkCase.Of("POST /api/webhook/gmail", new Expect(404, 404, 404, 404, 404), _ => "/api/webhook/gmail"),
    ];
}
