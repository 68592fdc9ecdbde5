using System.CommandLine;
using System.Globalization;
using Butler.Cli.Bench.Imap;
using Butler.Cli.Bench.Live;
using Butler.Cli.Bench.Outage;
using Butler.Cli.Mime;
using Butler.Cli.Search;

namespace Butler.Cli.Bench;

/// <summary><c>./butler bench import</c> and <c>./butler bench live</c>.</summary>
internal static class BenchCommand
{
    private const double MaxRate = 1_000;
    private const int MaxIntake = 10_000;
    private const int IntakeMails = 10;

    public static Command Create() => new("bench", "Measures Butler on this machine.") { Import(), Live(), Triage(), Outage(), ImapBenchCommand.Create(), MimeCommands.Bench(), SearchBench.Create() };

    private static Command Import()
    {
        var seconds = new Option<int?>("--seconds") { Description = "Stop measuring after so many seconds; default: when all is imported." };
        seconds.Validators.Add(r => Within(r, 1, 3600));
        var common = new CommonOptions(users: 100, mails: 100);
        var import = new Command("import", "Imports generated accounts through the sandbox in a private system and reports mails/s, CPU, memory and the queue's share.") { seconds };
        common.AddTo(import);
        import.SetAction(async (parsed, cancellationToken) =>
        {
            var options = common.Read(parsed) with { Seconds = parsed.GetValue(seconds) };
            var output = parsed.InvocationConfiguration.Output;
            await using var system = new BenchSystem(options, output, TimeProvider.System);
            var result = await new BenchRun(system, options, output, TimeProvider.System).RunAsync(cancellationToken);
            await WriteAsync(output, BenchReport.Lines(result));
            return result.IsComplete || (options.Seconds is not null && result.Closed > 0) ? 0 : 1;
        });
        return import;
    }

    private static Command Live()
    {
        var rate = Rate(5);
        var seconds = Number("--seconds", "How long new mails are sent.", 60, 1, 3600);
        var intakeRate = new Option<int?>("--intake-rate") { Description = $"Instead: fire so many signed notifications a second at the webhook, 1 to {MaxIntake}." };
        intakeRate.Validators.Add(r => Within(r, 1, MaxIntake));
        var intakeSeconds = Number("--intake-seconds", "How long notifications are fired.", 20, 1, 600);
        var common = new CommonOptions(users: 200, mails: 500);
        var live = new Command("live", "Sends new mails while a backlog is imported and reports how long each took to be triaged and drafted; or fires notifications at the webhook.")
        {
            rate, seconds, intakeRate, intakeSeconds,
        };
        common.AddTo(live);
        live.SetAction(async (parsed, cancellationToken) =>
        {
            var intake = parsed.GetValue(intakeRate);
            var system = common.Read(parsed) with { Push = true };
            var options = new LiveOptions
            {
                // Notifications find the accounts imported: what they set off is then the same for each.
                System = intake is not null && common.MailsByDefault(parsed) ? system with { Mails = IntakeMails } : system,
                Rate = parsed.GetValue(rate),
                Seconds = parsed.GetValue(seconds),
                IntakeRate = intake,
                IntakeSeconds = parsed.GetValue(intakeSeconds),
            };
            var output = parsed.InvocationConfiguration.Output;
            await using var bench = new BenchSystem(options.System, output, TimeProvider.System);
            if (intake is not null)
            {
                var answers = await new IntakeRun(bench, options, output, TimeProvider.System).RunAsync(cancellationToken);
                await WriteAsync(output, LiveReport.Lines(answers));
                return answers.IsComplete ? 0 : 1;
            }

            var result = await new LiveRun(bench, options, output, TimeProvider.System).RunAsync(cancellationToken);
            await WriteAsync(output, LiveReport.Lines(result));
            return result.IsComplete ? 0 : 1;
        });
        return live;
    }

    private static Command Triage()
    {
        var common = new CommonOptions(users: 20, mails: 1_000);
        var command = new Command("triage", "Imports accounts, then measures only the Classifier: from stored to judged, summarised, tagged, booked and found, mails/s and the share of each stage.");
        common.AddTo(command);
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var options = common.Read(parsed);
            var output = parsed.InvocationConfiguration.Output;
            await using var system = new BenchSystem(options, output, TimeProvider.System);
            var result = await new Triage.TriageRun(system, options, output, TimeProvider.System).RunAsync(cancellationToken);
            await WriteAsync(output, result.Lines());
            return result.IsComplete ? 0 : 1;
        });
        return command;
    }

    private static Command Outage()
    {
        var rate = Rate(20);
        var seconds = Number("--seconds", "How long new mails are sent in each state.", 10, 1, 3600);
        var rounds = Number("--rounds", "How often the four states are gone through.", 2, 1, 20);
        var intakeOnly = new Option<bool>("--intake-only") { Description = "Without waiting for what the providers judge again once they are back, which takes most of the time." };
        var common = new CommonOptions(users: 20, mails: 50);
        var command = new Command("outage", "The same intake without chat providers, and with healthy, dead and slow ones: time to the local verdict and to 100 %, and how quickly mail is judged again afterwards.")
        {
            rate, seconds, rounds, intakeOnly,
        };
        common.AddTo(command);
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var options = new OutageOptions
            {
                System = common.Read(parsed), Rate = parsed.GetValue(rate), Seconds = parsed.GetValue(seconds), Rounds = parsed.GetValue(rounds), IntakeOnly = parsed.GetValue(intakeOnly),
            };
            var output = parsed.InvocationConfiguration.Output;
            var phases = await new OutageRun(options, output, TimeProvider.System).RunAsync(cancellationToken);
            await WriteAsync(output, OutageReport.Lines(phases));
            return OutageReport.IsComplete(phases) ? 0 : 1;
        });
        return command;
    }

    private static Option<double> Rate(double perSecond)
    {
        var rate = new Option<double>("--rate") { Description = $"New mails a second over all accounts, 0.1 to {MaxRate}.", DefaultValueFactory = _ => perSecond };
        rate.Validators.Add(r =>
        {
            if (r.Tokens.Count == 1 && double.TryParse(r.Tokens[0].Value, NumberStyles.Float, CultureInfo.InvariantCulture, out var value) && !(value is >= 0.1 and <= MaxRate))
            {
                r.AddError(string.Create(CultureInfo.InvariantCulture, $"--rate must be from 0.1 to {MaxRate}, not {value}."));
            }
        });
        return rate;
    }

    private static async Task WriteAsync(TextWriter output, IEnumerable<string> lines)
    {
        foreach (var line in lines)
        {
            await output.WriteLineAsync(line);
        }
    }

    internal static Option<int> Number(string name, string description, int value, int least, int most)
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
