using System.CommandLine;
using System.Globalization;

namespace Butler.Cli.Running;

internal sealed record HealthAnswer(string Status, Dictionary<string, string>? Services);

internal sealed record StatsAnswer(string Scope, Dictionary<string, long> Jobs, Dictionary<string, long> Mails, double MailsPerSecond, double? OldestWaitingSeconds);

/// <summary><c>./butler status</c>: whether Butler runs, where, and what it has in hand.</summary>
internal static class StatusCommand
{
    public static Command Create()
    {
        var command = new Command("status", "Shows whether Butler runs here and what it has in hand.");
        command.SetAction(async (parsed, cancellationToken) =>
        {
            using var client = new ButlerClient(CommandTree.Running(parsed));
            var health = await client.GetWhateverAsync<HealthAnswer>(client.Butler.Progress, "api/health", cancellationToken);
            var stats = await client.GetAsync<StatsAnswer>(client.Butler.Progress, "api/v1/email-sync/stats", cancellationToken);
            foreach (var line in Lines(client.Butler, health, stats))
            {
                await parsed.InvocationConfiguration.Output.WriteLineAsync(line);
            }

            return health.Status == "unhealthy" ? 1 : 0;
        });
        return command;
    }

    internal static IEnumerable<string> Lines(RunningButler butler, HealthAnswer health, StatsAnswer stats)
    {
        yield return $"Butler runs{(butler.Pid is { } pid ? $" (process {pid})" : "")}, data in {butler.DataDir}";
        yield return $"health   {health.Status}{Join(", ", health.Services?.Select(s => $"{s.Key} {s.Value}") ?? [])}";
        yield return $"page     {butler.Progress}";
        yield return $"gRPC     {butler.ProgressGrpc}";
        yield return $"ingest   {butler.Ingest}";
        yield return $"imports{Join(", ", stats.Jobs.Where(j => j.Value > 0).Select(j => $"{Count(j.Value)} {j.Key}"), "  none")}";
        yield return $"mails  {Join(", ", stats.Mails.Where(m => m.Value > 0).Select(m => $"{Count(m.Value)} {m.Key}"), "  none")}";
        yield return string.Create(CultureInfo.InvariantCulture, $"rate     {stats.MailsPerSecond:0.##} mails/s over 5 minutes")
            + (stats.OldestWaitingSeconds is { } wait ? string.Create(CultureInfo.InvariantCulture, $", oldest waiting {wait:0} s") : "");
    }

    private static string Join(string separator, IEnumerable<string> parts, string none = "") =>
        string.Join(separator, parts) is { Length: > 0 } text ? $"  {text}" : none;

    private static string Count(long value) => value.ToString("N0", CultureInfo.InvariantCulture);
}
