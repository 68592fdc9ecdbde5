using System.CommandLine;

namespace Butler.Cli.Bench;

/// <summary><c>./butler bench import</c>.</summary>
internal static class BenchCommand
{
    private const int MaxUsers = 10_000;
    private const int MaxMails = 100_000;

    public static Command Create()
    {
        var users = Number("--users", "Accounts to import.", 100, 1, MaxUsers);
        var mails = Number("--mails", "Mails in each account.", 100, 1, MaxMails);
        var seconds = new Option<int?>("--seconds") { Description = "Stop measuring after so many seconds; default: when all is imported." };
        seconds.Validators.Add(r => Within(r, 1, 3600));
        var priceList = new Option<string>("--price-list") { Description = "Google's price list: classic (5 units a mail) or 2026 (20).", DefaultValueFactory = _ => "2026" };
        priceList.AcceptOnlyFromAmong("classic", "2026");
        var enforce = new Option<bool>("--enforce") { Description = "The sandbox refuses calls over the list's limits and the limiter keeps to them; otherwise both are wide open." };
        var corpus = new Option<string?>("--corpus") { Description = "Mail to make the accounts from, paths separated by ';' (default: ../shared/corpus, else samples/)." };
        var seed = Number("--seed", "Which mails an account gets.", 1, 0, int.MaxValue);
        var keep = new Option<bool>("--keep") { Description = "Leave the scratch folder with data and logs." };
        var noBuild = new Option<bool>("--no-build") { Description = "Use the services as they were built last." };
        var statements = Number("--statements", "Print so many of PostgreSQL's dearest statements.", 0, 0, 100);
        var perfMap = new Option<bool>("--perf-map") { Description = "Let perf name the services' compiled methods." };
        var set = new Option<string[]>("--set") { Description = "A setting for the services, NAME=VALUE as an environment variable; repeatable." };
        set.Validators.Add(r =>
        {
            if (r.GetValueOrDefault<string[]>()?.FirstOrDefault(v => v.IndexOf('=', StringComparison.Ordinal) < 1) is { } bad)
            {
                r.AddError($"--set wants NAME=VALUE, not '{bad}'.");
            }
        });
        var import = new Command("import", "Imports generated accounts through the sandbox in a private system and reports mails/s, CPU, memory and the queue's share.")
        {
            users, mails, seconds, priceList, enforce, corpus, seed, keep, noBuild, statements, perfMap, set,
        };
        import.SetAction(async (parsed, cancellationToken) =>
        {
            var options = new BenchOptions
            {
                Users = parsed.GetValue(users),
                Mails = parsed.GetValue(mails),
                Seconds = parsed.GetValue(seconds),
                PriceList = parsed.GetRequiredValue(priceList),
                Enforce = parsed.GetValue(enforce),
                Corpus = parsed.GetValue(corpus),
                Seed = parsed.GetValue(seed),
                Keep = parsed.GetValue(keep),
                NoBuild = parsed.GetValue(noBuild),
                Statements = parsed.GetValue(statements),
                PerfMap = parsed.GetValue(perfMap),
                Set = parsed.GetValue(set) ?? [],
            };
            var output = parsed.InvocationConfiguration.Output;
            await using var system = new BenchSystem(options, output, TimeProvider.System);
            var result = await new BenchRun(system, options, output, TimeProvider.System).RunAsync(cancellationToken);
            foreach (var line in BenchReport.Lines(result))
            {
                await output.WriteLineAsync(line);
            }

            return result.IsComplete || (options.Seconds is not null && result.Closed > 0) ? 0 : 1;
        });
        return new Command("bench", "Measures Butler on this machine.") { import };
    }

    private static Option<int> Number(string name, string description, int value, int least, int most)
    {
        var option = new Option<int>(name) { Description = $"{description} {least} to {most}.", DefaultValueFactory = _ => value };
        option.Validators.Add(r => Within(r, least, most));
        return option;
    }

    private static void Within(System.CommandLine.Parsing.OptionResult result, int least, int most)
    {
        // A token that is no number has its own error already.
        if (result.Tokens.Count == 1 && int.TryParse(result.Tokens[0].Value, out var value) && (value < least || value > most))
        {
            result.AddError($"{result.Option.Name} must be from {least} to {most}, not {value}.");
        }
    }
}
