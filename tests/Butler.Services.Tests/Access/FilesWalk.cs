namespace Butler.Services.Tests.Access;

/// <summary>Files as accounts.</summary>
internal sealed class FilesWalk : IWalkTable
{
    public string Service => "ingest";

    public IEnumerable<WalkCase> Cases =>
    [
        // No folder is configured from which files may be connected: the right to was checked before.
        WalkCase.Json("POST /api/v1/file-accounts", Expect.AdminOnly(409), (_, _) => Task.FromResult<(string, object)>(("/api/v1/file-accounts", new { path = "/etc/passwd" }))),
    ];
}
