using Butler.Messaging.Contracts;
using Butler.Sandbox;
using Butler.Sandbox.Faults;
using Butler.Sandbox.State;
using Butler.Services.Tests.Hosting;

namespace Butler.Services.Tests.Faults;

/// <summary>What a seed decides: mailboxes, settings, faults, deaths. The order in which things then happen is the machine's.</summary>
internal sealed class SeedPlan(int seed)
{
    /// <summary>Where each service can die; the first death of a seed goes through all of them, seed by seed.</summary>
    private static readonly (string Queue, string Point)[] s_deaths = [.. PointBook.Named.Concat(["http: before call", "http: after call"]).SelectMany(Places)];

    private static readonly (string Method, FaultKind Kind)[] s_faults =
    [
        ("messages.get", FaultKind.InternalError), ("messages.get", FaultKind.Unavailable), ("messages.get", FaultKind.TooManyRequests), ("messages.get", FaultKind.CutBody),
        ("messages.get", FaultKind.UserRateLimit), ("messages.list", FaultKind.Unavailable), ("messages.list", FaultKind.CutBody), ("messages.list", FaultKind.NotExecutedNoAnswer),
        ("messages.list", FaultKind.TooManyRequests), ("batch", FaultKind.Unavailable), ("batch", FaultKind.NotExecutedNoAnswer), ("batch", FaultKind.Unauthorized),
        ("batch", FaultKind.TooManyRequests), ("getProfile", FaultKind.InternalError), ("token", FaultKind.Unavailable),
        ("history.list", FaultKind.HistoryTooOld), ("history.list", FaultKind.CutBody), ("history.list", FaultKind.TooManyRequests), ("messages.get", FaultKind.Vanish),
        ("push", FaultKind.Drop), ("push", FaultKind.Duplicate), ("push", FaultKind.Delay), ("push", FaultKind.Reorder), ("watch", FaultKind.Unavailable),
    ];

    private static readonly (string Method, FaultKind Kind)[] s_draftFaults =
    [
        ("drafts.create", FaultKind.ExecutedNoAnswer), ("drafts.create", FaultKind.NotExecutedNoAnswer), ("drafts.create", FaultKind.ExecutedLate), ("drafts.create", FaultKind.CutBody),
        ("drafts.create", FaultKind.InternalError), ("drafts.create", FaultKind.Unavailable), ("history.list", FaultKind.Unavailable), ("threads.get", FaultKind.Unavailable),
        ("drafts.update", FaultKind.ExecutedNoAnswer), ("drafts.update", FaultKind.NotExecutedNoAnswer),
    ];

    private (string Queue, string Point)? _first;
    private readonly Random _random = new(seed);
    private readonly Lock _lock = new();

    public int Seed => seed;

    public int Accounts { get; private set; }

    /// <summary>How many hosts may still die.</summary>
    public int Deaths { get; private set; }

    /// <summary>How many things the owners and the world still do while imports run.</summary>
    public int Events { get; set; }

    public int Replicas { get; private set; }

    /// <summary>Whether any call may fail at any time until calm comes: then mails and messages die, and the hourly retry brings them back.</summary>
    public bool Errors { get; private set; }

    /// <summary>Whether chat providers are configured: in a fourth of the seeds, and in those that begin with a death while judging.</summary>
    public bool HasProviders { get; private set; }

    /// <summary>Whether both providers are still to go away for an hour.</summary>
    public bool GoesAway { get; set; }

    /// <summary>Whether an owner leaves, with everything, while mail is judged again.</summary>
    public bool Leaves { get; private set; }

    /// <summary>Tokens of a user and day; 0: no limit.</summary>
    public long Budget { get; private set; }

    public IReadOnlyDictionary<string, string?> Settings { get; private set; } = new Dictionary<string, string?>();

    public static SeedPlan For(int seed)
    {
        var plan = new SeedPlan(seed);
        plan.Accounts = plan.Next(1, 4);
        plan.Deaths = plan.Next(0, 3);
        plan._first = s_deaths[seed % s_deaths.Length];
        plan.Events = plan.Next(4, 16);
        plan.Replicas = plan.Next(0, 5) == 0 ? 2 : 1;
        plan.Errors = plan.Next(0, 5) == 0;
        plan.Settings = new Dictionary<string, string?>(TestSystem.PushSettings)
        {
            ["Butler:Sync:Lease"] = "00:00:02",
            ["Butler:Schedules:Jobs:history:Every"] = "00:00:01",
            // Calls that hang happen only there.
            ["Butler:Google:Timeout"] = plan.Errors ? "00:00:05" : "00:00:30",
            ["Butler:Import:BatchMails"] = $"{plan.Next(2, 16)}",
            ["Butler:Import:TriageMails"] = $"{plan.Next(2, 16)}",
            ["Butler:Import:ConnectPoll"] = "00:00:00.2",
            ["Butler:Schedules:Poll"] = "00:00:00.2",
            ["Butler:Schedules:Lease"] = "00:00:01",
            ["Butler:Schedules:Jobs:sweep:Every"] = "00:00:00.3",
            ["Butler:Schedules:Jobs:retention:Every"] = "00:00:01",
            ["Butler:Import:SweepAfter"] = "00:00:00.5",
            ["Butler:Import:MailRetry"] = "00:00:00.01",
            ["Butler:Messaging:LivePoll"] = "00:00:00.1",
            ["Butler:Messaging:BulkPoll"] = "00:00:00.2",
            ["Butler:Messaging:DelayScale"] = "0.0005",
            ["Butler:Messaging:BulkWorkers"] = "2",

            // A busy machine must not look like a handler that dies again and again.
            ["Butler:Messaging:Lease"] = "00:00:04",
            ["Butler:Messaging:GiveUp"] = "00:00:03.5",
            ["Butler:Responder:SendWindow"] = "00:00:05",
            ["Butler:Responder:Settle"] = "00:00:03",
            ["Butler:Responder:MaxSends"] = "20",
            ["Butler:Responder:AccountPause"] = "00:00:00.1",
            ["Butler:Responder:Sweep"] = "00:00:00.3",
            ["Butler:Responder:SweepAfter"] = "00:00:00.5",
        };
        plan.HasProviders = seed % 4 == 0 || plan._first?.Point.StartsWith("judge:", StringComparison.Ordinal) == true;
        if (plan.HasProviders)
        {
            plan.GoesAway = plan.Next(0, 2) == 0;
            plan.Leaves = plan.Accounts > 1 && plan.Next(0, 3) == 0;
            plan.Budget = plan.Next(0, 3) == 0 ? plan.Next(2_000, 12_000) : 0;
            plan.Settings = new Dictionary<string, string?>(plan.Settings)
            {
                ["Butler:Chat:Timeout"] = "00:00:02",
                ["Butler:Chat:TokensPerUserAndDay"] = $"{plan.Budget}",
                // No local verdict is sure enough.
                ["Butler:Judging:SureNeedsReply"] = "1",
                ["Butler:Judging:SureInformational"] = "1",
                ["Butler:Judging:SureSpam"] = "1",
                ["Butler:Judging:Look"] = "00:00:00.1",
                ["Butler:Judging:Recover"] = "00:00:01",
                ["Butler:Messaging:ModelWorkers"] = $"{ModelWorkers}",
            };
        }

        return plan;
    }

    /// <summary>Calls of chat models at once.</summary>
    public const int ModelWorkers = 2;

    public static string Address(int account) => $"owner{account}@sandbox.butler.test";

    public int Next(int from, int below)
    {
        lock (_lock)
        {
            return _random.Next(from, below);
        }
    }

    public void Nastiness(SandboxOptions options)
    {
        var f = options.Faults;
        (f.Seed, f.SlowBy, f.LateBy, f.LateOneIn) = (seed, TimeSpan.FromMilliseconds(30), TimeSpan.FromMilliseconds(50), 6);
        (f.MaxSearchLag, f.MaxPage, f.PageTokenOneIn) = (TimeSpan.FromMilliseconds(300), Next(6, 16), Next(10, 40));
        (f.PushLateBy, f.VanishOneIn, f.HistoryOneIn) = (TimeSpan.FromMilliseconds(200), Next(6, 24), Next(12, 60));
        (f.Errors, f.ErrorOneIn) = (Errors, Next(16, 60));
    }

    /// <summary>A mailbox of some dozens of mails: old and new, questions, sent mail and a draft of the owner's own.</summary>
    public void Fill(SandboxState state, int account)
    {
        var address = Address(account);
        var mails = new List<byte[]>();
        for (var i = Next(4, 30); i > 0; i--)
        {
            mails.Add(Mail(address, TimeSpan.FromDays(Next(1, 400)) + TimeSpan.FromMinutes(i)));
        }

        for (var i = Next(1, 4); i > 0; i--)
        {
            mails.Add(TestMail.Plain(address, Number(), TimeSpan.FromMinutes(Next(1, 5000)), TestMail.Question));
        }

        var made = state.AddAccount(address, mails);
        if (Next(0, 3) == 0)
        {
            made.CreateDraft(TestMail.Plain("anna@example.org", Number(), TimeSpan.Zero, from: address));
        }
    }

    /// <summary>A mail that arrives.</summary>
    public byte[] Mail(string address, TimeSpan age) => Next(0, 4) switch
    {
        0 => TestMail.Plain(address, Number(), age, TestMail.Question),
        1 => TestMail.Plain("anna@example.org", Number(), age, from: $"Olivia <{address}>"),
        2 when Next(0, 2) == 0 => Alert(address, Number(), age),
        _ => TestMail.Plain(address, Number(), age),
    };

    /// <summary>What stands in the text of one mail only, if it is no question.</summary>
    public static string[] Markers(int number) => [$"Ref no {Reference(number)}", $"report number {number} are"];

    /// <summary>How the subjects of mails about money begin.</summary>
    public const string AlertSubject = "Transaction alert";

    private static long Reference(int number) => 512_345_000_000 + number;

    private static byte[] Alert(string address, int number, TimeSpan age) => TestMail.Plain(
        address, number, age, $"Dear Customer,\r\nRs.{number + 100}.50 has been debited from your A/c XX4321 to ACME STORES on 15-01-2026. UPI Ref no {Reference(number)}.\r\n",
        "Example Bank <alerts@bank.example>", subject: $"{AlertSubject} {number:00000}");

    /// <summary>The owner's own answer to a mail.</summary>
    public byte[] Answer(string address, ReadOnlyMemory<byte> to)
    {
        var id = Butler.Mail.MimeMessage.Parse(to).MessageId;
        return TestMail.Plain("anna@example.org", Number(), TimeSpan.Zero, from: $"Olivia <{address}>", headers: id is null ? "" : $"In-Reply-To: <{id}>\r\nReferences: <{id}>\r\n");
    }

    /// <summary>Null: this host lives as long as the run.</summary>
    public Death? NextDeath(string queue)
    {
        lock (_lock)
        {
            if (_first is { } first && first.Queue == queue)
            {
                _first = null;
                return new Death(first.Point, _random.Next(1, 3));
            }

            if (Deaths == 0 || _random.Next(4) == 0)
            {
                return null;
            }

            Deaths--;
            var points = s_deaths.Where(d => d.Queue == queue).ToList();
            return _random.Next(2) == 0 ? new Death(points[_random.Next(points.Count)].Point, _random.Next(1, 3)) : new Death(null, _random.Next(1, 80));
        }
    }

    public PlainFault Fault()
    {
        // At most two of these a call can meet one after the other: three failures end a draft's message.
        var (method, kind) = Next(0, 4) == 0 ? s_draftFaults[Next(0, s_draftFaults.Length)] : s_faults[Next(0, s_faults.Length)];
        return new(method, kind, Count: 1);
    }

    private static IEnumerable<(string Queue, string Point)> Places(string point) => point.Split(':')[0] switch
    {
        "import" or "history" or "repair" => [(Queues.Ingest, point)],
        "triage" or "process" or "judge" => [(Queues.Classifier, point)],
        "draft" => [(Queues.Responder, point)],
        "http" => [(Queues.Ingest, point), (Queues.Responder, point)],
        _ => [(Queues.Ingest, point), (Queues.Classifier, point), (Queues.Responder, point)],
    };

    private int Number() => Interlocked.Increment(ref _number);

    private int _number;
}
