using System.CommandLine;
using Butler.Cli.Running;

namespace Butler.Cli.People;

internal sealed record UserAnswer(Guid UserId, string DisplayName, string Role, string Token);

/// <summary><c>./butler user add NAME</c>: Ingest, which owns the table, makes the user.</summary>
internal static class UserCommand
{
    public static Command Create()
    {
        var name = new Argument<string>("name") { Description = "The name shown on the page, 1 to 200 characters." };
        var role = new Option<string>("--role") { Description = "member, family or admin.", DefaultValueFactory = _ => "member" };
        role.AcceptOnlyFromAmong("member", "family", "admin");
        var add = new Command("add", "Adds a user and prints their API token, once.") { name, role };
        add.SetAction(async (parsed, cancellationToken) =>
        {
            using var client = new ButlerClient(CommandTree.Running(parsed));
            var user = await client.PostAsync<UserAnswer>(
                client.Butler.Ingest, "api/v1/users", new { DisplayName = parsed.GetRequiredValue(name), Role = parsed.GetRequiredValue(role) }, cancellationToken);
            var output = parsed.InvocationConfiguration.Output;
            await output.WriteLineAsync($"user   {user.UserId} ({user.Role})");
            await output.WriteLineAsync($"token  {user.Token}");
            await parsed.InvocationConfiguration.Error.WriteLineAsync("The token is shown only now; Butler keeps its hash.");
        });
        return new Command("user", "Adds people.") { add };
    }
}
