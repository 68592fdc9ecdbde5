using System.CommandLine;
using Butler.Cli.Running;

namespace Butler.Cli.People;

internal sealed record KeyRow(Guid KeyId, DateTimeOffset CreatedAt, DateTimeOffset? RetiredAt, long Credentials);

internal sealed record RotationRow(Guid KeyId, DateTimeOffset StartedAt, DateTimeOffset? FinishedAt, long Resealed);

internal sealed record KeyList(List<KeyRow> Keys, RotationRow? Rotation);

/// <summary><c>./butler keys …</c>: the ring that seals the mailboxes' logins. Ingest does the work while everything runs.</summary>
internal static class KeysCommand
{
    private static readonly TimeSpan s_poll = TimeSpan.FromSeconds(2);

    public static Command Create() => new("keys", "The keys that seal the mailboxes' logins.") { List(), Rotate() };

    private static Command List()
    {
        var list = new Command("list", "Lists the keys and how many logins each has sealed.");
        list.SetAction(async (parsed, cancellationToken) =>
        {
            using var client = new ButlerClient(CommandTree.Running(parsed));
            foreach (var key in (await ReadAsync(client, cancellationToken)).Keys)
            {
                await parsed.InvocationConfiguration.Output.WriteLineAsync($"{key.KeyId}  {key.CreatedAt:yyyy-MM-dd}  {key.Credentials,5} sealed  {(key.RetiredAt is null ? "in use" : "retired")}");
            }
        });
        return list;
    }

    private static Command Rotate()
    {
        var rotate = new Command("rotate", "Adds a key and seals everything anew with it, while Butler runs. Takes about two minutes.");
        rotate.SetAction(async (parsed, cancellationToken) =>
        {
            using var client = new ButlerClient(CommandTree.Running(parsed));
            var output = parsed.InvocationConfiguration.Output;
            var started = await client.PostAsync<RotationRow>(client.Butler.Ingest, "api/v1/admin/keys/rotate", null, cancellationToken);
            await output.WriteLineAsync($"Key {started.KeyId} is added. Every service takes it into use; then everything is sealed anew (this goes on if you leave).");
            while (true)
            {
                if ((await ReadAsync(client, cancellationToken)).Rotation is { FinishedAt: not null } done)
                {
                    await output.WriteLineAsync($"Done: {done.Resealed} sealed anew, nothing is left under an older key. Older keys are retired, not deleted.");
                    return;
                }

                await Task.Delay(s_poll, cancellationToken);
            }
        });
        return rotate;
    }

    private static Task<KeyList> ReadAsync(ButlerClient client, CancellationToken cancellationToken) => client.GetAsync<KeyList>(client.Butler.Ingest, "api/v1/admin/keys", cancellationToken);
}
