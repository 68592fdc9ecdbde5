using System.CommandLine;
using Butler.Cli.Running;

namespace Butler.Cli.People;

internal sealed record LinkAnswer(string Code, DateTimeOffset ExpiresAt);

/// <summary><c>./butler link</c>: a sign-in link for the page, good once and for ten minutes.</summary>
internal static class LinkCommand
{
    public static Command Create()
    {
        var command = new Command("link", "Prints a new sign-in link for the page; it works once, within ten minutes.");
        command.SetAction(async (parsed, cancellationToken) =>
        {
            using var client = new ButlerClient(CommandTree.Running(parsed));
            var answer = await client.PostAsync<LinkAnswer>(client.Butler.Ingest, "api/v1/sign-in-links", null, cancellationToken);
            await parsed.InvocationConfiguration.Output.WriteLineAsync(Link(client.Butler.Progress, answer.Code));
        });
        return command;
    }

    /// <summary>The code is in the fragment, which browsers never send: it reaches no log and no referrer (MECHANICS 12).</summary>
    internal static string Link(Uri progress, string code) => new Uri(progress, $"signin#code={Uri.EscapeDataString(code)}").AbsoluteUri;
}
