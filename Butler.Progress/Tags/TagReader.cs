using Butler.Data.Classifier;
using Butler.Intelligence;
using Butler.Progress.Reads;
using Npgsql;

namespace Butler.Progress.Tags;

/// <summary>One of Butler's tags.</summary>
public sealed record ClosedTagBody(string Name, string Description);

/// <summary>One of the caller's own tags, with how many of their mails bear it.</summary>
public sealed record OwnTagBody(
    string Name, string Description, string Match, IReadOnlyList<string> From, IReadOnlyList<string> To, IReadOnlyList<string> Subject, IReadOnlyList<string> Words, IReadOnlyList<string> List,
    long Mails, DateTimeOffset CreatedAt, DateTimeOffset UpdatedAt);

/// <summary>Answer of <c>GET /api/v1/tags</c>.</summary>
public sealed record TagListBody(IReadOnlyList<ClosedTagBody> Closed, IReadOnlyList<OwnTagBody> Own, int Most);

/// <summary>Reads the tags that mail of a person may bear.</summary>
internal sealed class TagReader(VisibleData data)
{
    public Task<TagListBody> ReadAsync(Guid user, CancellationToken cancellationToken) =>
        data.ReadAsync(async connection =>
        {
            var rows = await OwnTagStore.ListAsync(connection, user, cancellationToken);
            var mails = rows.Count == 0 ? [] : await CountAsync(connection, user, [.. rows.Select(r => r.Name)], cancellationToken);
            return new TagListBody(
                [.. Tagger.Meanings.Select(m => new ClosedTagBody(m.Tag, m.Meaning))],
                [.. rows.Select(r => Body(r, mails.GetValueOrDefault(r.Name)))],
                OwnTagStore.Most);
        }, cancellationToken);

    private static OwnTagBody Body(OwnTagRow row, long mails)
    {
        var rule = TagRule.Parse(row.Rule);
        return new(row.Name, row.Description, rule.Match, rule.From, rule.To, rule.Subject, rule.Words, rule.List, mails, row.CreatedAt, row.UpdatedAt);
    }

    private static async Task<Dictionary<string, long>> CountAsync(NpgsqlConnection connection, Guid user, string[] names, CancellationToken cancellationToken)
    {
        // As the lists show them: received mail that was not deleted.
        await using var command = new NpgsqlCommand("""
            SELECT t.tag, count(*) FROM email_tags t JOIN mail_state s ON s.id = t.mail_id AND s.direction = 'in' AND s.deleted_at IS NULL
            WHERE t.provider_user_id = ANY (ARRAY(SELECT id FROM provider_users WHERE app_user_id = $1)) AND t.tag = ANY ($2) AND t.expires_at > now() GROUP BY t.tag
            """, connection)
        { Parameters = { new() { Value = user }, new() { Value = names } } };
        await using var row = await command.ExecuteReaderAsync(cancellationToken);
        var mails = new Dictionary<string, long>();
        while (await row.ReadAsync(cancellationToken))
        {
            mails[row.GetString(0)] = row.GetInt64(1);
        }

        return mails;
    }
}
