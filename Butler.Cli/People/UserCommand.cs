using System.CommandLine;
using System.Globalization;
using Butler.Cli.Running;

namespace Butler.Cli.People;

internal sealed record UserAnswer(Guid UserId, string DisplayName, string Role, string Token);

internal sealed record UserRow(Guid UserId, string DisplayName, string Role, string? FamilyName, int Accounts);

internal sealed record UserList(List<UserRow> Users);

internal sealed record TokenAnswer(string Name, string Token, DateTimeOffset? ExpiresAt);

/// <summary><c>./butler user …</c>: Ingest, which owns the tables, does it.</summary>
internal static class UserCommand
{
    private static readonly string[] s_roles = ["member", "family", "admin"];

    public static Command Create() => new("user", "People: adds and lists them, changes roles, makes tokens.") { Add(), List(), Role(), Token() };

    private static Command Add()
    {
        var name = new Argument<string>("name") { Description = "The name shown on the page, 1 to 200 characters." };
        var role = new Option<string>("--role") { Description = "member, family or admin.", DefaultValueFactory = _ => "member" };
        role.AcceptOnlyFromAmong(s_roles);
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
        return add;
    }

    private static Command List()
    {
        var list = new Command("list", "Lists the users.");
        list.SetAction(async (parsed, cancellationToken) =>
        {
            using var client = new ButlerClient(CommandTree.Running(parsed));
            foreach (var user in (await client.GetAsync<UserList>(client.Butler.Ingest, "api/v1/users", cancellationToken)).Users)
            {
                await parsed.InvocationConfiguration.Output.WriteLineAsync(string.Create(
                    CultureInfo.InvariantCulture, $"{user.UserId}  {user.Role,-6}  {user.Accounts,3} {(user.Accounts == 1 ? "mailbox  " : "mailboxes")}  {user.DisplayName}{(user.FamilyName is { } family ? $" ({family})" : "")}"));
            }
        });
        return list;
    }

    private static Command Role()
    {
        var user = new Argument<Guid>("user") { Description = "The user's id, as ./butler user list shows it." };
        var role = new Argument<string>("role") { Description = "member, family or admin." };
        role.AcceptOnlyFromAmong(s_roles);
        var change = new Command("role", "Changes a user's role; at least one admin stays.") { user, role };
        change.SetAction(async (parsed, cancellationToken) =>
        {
            using var client = new ButlerClient(CommandTree.Running(parsed));
            var changed = await client.PatchAsync<UserRow>(client.Butler.Ingest, $"api/v1/users/{parsed.GetRequiredValue(user)}", new { Role = parsed.GetRequiredValue(role) }, cancellationToken);
            await parsed.InvocationConfiguration.Output.WriteLineAsync($"{changed.DisplayName} is {changed.Role}");
        });
        return change;
    }

    private static Command Token()
    {
        var name = new Argument<string>("name") { Description = "What the token is for." };
        var days = new Option<int?>("--days") { Description = "How long it is good; without: until revoked." };
        var token = new Command("token", "Makes an API token for yourself and prints it, once.") { name, days };
        token.SetAction(async (parsed, cancellationToken) =>
        {
            using var client = new ButlerClient(CommandTree.Running(parsed));
            var made = await client.PostAsync<TokenAnswer>(client.Butler.Ingest, "api/v1/tokens", new { Name = parsed.GetRequiredValue(name), Days = parsed.GetValue(days) }, cancellationToken);
            await parsed.InvocationConfiguration.Output.WriteLineAsync(made.Token);
            await parsed.InvocationConfiguration.Error.WriteLineAsync("The token is shown only now; Butler keeps its hash.");
        });
        return token;
    }
}
