using Butler.Data.Ingest;
using Butler.Mail.Files;
using Butler.Mailboxes;
using Butler.ServiceDefaults.Access;
using Butler.ServiceDefaults.Errors;

namespace Butler.Ingest.Files;

/// <summary>Body of <c>POST /api/v1/file-accounts</c>.</summary>
/// <param name="Path">An mbox, a Maildir, a folder of .eml, or an archive of these, at or below an allowed folder of Ingest's machine.</param>
/// <param name="Address">Whose mailbox it is; found from the mails when nobody says it.</param>
/// <param name="User">For whom; the caller when nobody is named.</param>
internal sealed record FileAccountRequest(string? Path, string? Address, Guid? User);

/// <summary>A connected file.</summary>
internal sealed record FileAccountBody(Guid AccountId, Guid UserId, string Address, string Status);

internal static class FileAccountEndpoints
{
    private const int MaxPath = 4000;
    private const int MaxAddress = 320;

    public static void MapFileAccounts(this WebApplication app) =>
        app.MapGroup("/api/v1/file-accounts").WithTags("accounts").MapPost("", ConnectAsync).Produces<FileAccountBody>(StatusCodes.Status201Created)
            .WithSummary("Connects a file or folder of mail on Butler's machine as an account and imports it. Only at or below Butler:Files:Roots. Admins only.");

    private static async Task<IResult> ConnectAsync(FileAccountRequest request, HttpContext http, FileAccounts accounts, PeopleStore people, CancellationToken cancellationToken)
    {
        var caller = Caller.Of(http);
        AccessRule.RequireAdmin(caller);
        if (request.Path is not { Length: > 0 and <= MaxPath } path)
        {
            throw ApiErrors.InvalidParameter("path", $"an absolute path of at most {MaxPath} characters");
        }

        if (request.Address is { } address && (address.Length > MaxAddress || address.IndexOf('@', StringComparison.Ordinal) is not > 0))
        {
            throw ApiErrors.InvalidParameter("address", "a mail address");
        }

        var user = request.User ?? caller.UserId;
        if (user != caller.UserId && !(await people.ListAsync(cancellationToken)).Exists(p => p.Id == user))
        {
            throw ApiErrors.NotFound("user");
        }

        try
        {
            return await accounts.ConnectAsync(user, caller.UserId, path, request.Address, cancellationToken) is { } connected
                ? Results.Created($"/api/v1/email-sync/status/{user}", new FileAccountBody(connected.Account, user, connected.Address, "active"))
                : throw ApiErrors.Conflict("This mailbox is connected by somebody else. They must disconnect and erase it first.");
        }
        catch (MailboxException e)
        {
            throw e.Fault == MailboxFault.AccountGone ? ApiErrors.NotFound("file or folder") : ApiErrors.Conflict(e.Message);
        }
        catch (MailFilesException e)
        {
            throw ApiErrors.Conflict(e.IsEmpty ? "There is no mail in it yet." : "It holds no mail: no mbox, Maildir, .eml files or archives of these were found.");
        }
    }
}
