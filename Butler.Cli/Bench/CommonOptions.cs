using System.CommandLine;

namespace Butler.Cli.Bench;

/// <summary>The options of every bench: what the private system is and what is in it.</summary>
internal sealed class CommonOptions
{
    private const int MaxUsers = 10_000;
    private const int MaxMails = 100_000;

    private readonly Option<int> _users;
    private readonly Option<int> _mails;
    private readonly Option<string> _priceList = new("--price-list") { Description = "Google's price list: classic (5 units a mail) or 2026 (20).", DefaultValueFactory = _ => "2026" };
    private readonly Option<bool> _enforce = new("--enforce") { Description = "The sandbox refuses calls over the list's limits and the limiter keeps to them; otherwise both are wide open." };
    private readonly Option<string?> _corpus = new("--corpus") { Description = "Mail to make the accounts from, paths separated by ';' (default: ../shared/corpus, else samples/)." };
    private readonly Option<int> _seed = BenchCommand.Number("--seed", "Which mails an account gets.", 1, 0, int.MaxValue);
    private readonly Option<bool> _keep = new("--keep") { Description = "Leave the scratch folder with data and logs." };
    private readonly Option<bool> _noBuild = new("--no-build") { Description = "Use the services as they were built last." };
    private readonly Option<int> _statements = BenchCommand.Number("--statements", "Print so many of PostgreSQL's dearest statements.", 0, 0, 100);
    private readonly Option<bool> _perfMap = new("--perf-map") { Description = "Let perf name the services' compiled methods." };
    private readonly Option<string[]> _set = new("--set") { Description = "A setting for the services, NAME=VALUE as an environment variable; repeatable." };

    public CommonOptions(int users, int mails)
    {
        _users = BenchCommand.Number("--users", "Accounts to import.", users, 1, MaxUsers);
        _mails = BenchCommand.Number("--mails", "Mails in each account.", mails, 1, MaxMails);
        _priceList.AcceptOnlyFromAmong("classic", "2026");
        _set.Validators.Add(r =>
        {
            if (r.GetValueOrDefault<string[]>()?.FirstOrDefault(v => v.IndexOf('=', StringComparison.Ordinal) < 1) is { } bad)
            {
                r.AddError($"--set wants NAME=VALUE, not '{bad}'.");
            }
        });
    }

    public void AddTo(Command command)
    {
        foreach (var option in (Option[])[_users, _mails, _priceList, _enforce, _corpus, _seed, _keep, _noBuild, _statements, _perfMap, _set])
        {
            command.Options.Add(option);
        }
    }

    public bool MailsByDefault(ParseResult parsed) => parsed.GetResult(_mails) is not { Implicit: false };

    public BenchOptions Read(ParseResult parsed) => new()
    {
        Users = parsed.GetValue(_users),
        Mails = parsed.GetValue(_mails),
        PriceList = parsed.GetRequiredValue(_priceList),
        Enforce = parsed.GetValue(_enforce),
        Corpus = parsed.GetValue(_corpus),
        Seed = parsed.GetValue(_seed),
        Keep = parsed.GetValue(_keep),
        NoBuild = parsed.GetValue(_noBuild),
        Statements = parsed.GetValue(_statements),
        PerfMap = parsed.GetValue(_perfMap),
        Set = parsed.GetValue(_set) ?? [],
    };
}
