using System.Globalization;
using Butler.EndToEnd.Tests.Running;
using Butler.Testing;

namespace Butler.EndToEnd.Tests.Faults;

/// <summary>Accounts made from the corpus of real mail, or from samples/ where it is absent.</summary>
internal static class LoadMailbox
{
    /// <summary>The issue's own figure, 10,000 mails, with Butler's own leases and delays; see <see cref="Mails"/>.</summary>
    private static readonly string? s_given = System.Environment.GetEnvironmentVariable("BUTLER_E2E_MAILS");

    // What a dead process held is taken over after seconds instead of minutes.
    private static readonly Dictionary<string, string> s_quick = new()
    {
        ["Butler__Messaging__Lease"] = "00:00:10",
        ["Butler__Messaging__Renewal"] = "00:00:02",
        ["Butler__Messaging__GiveUp"] = "00:00:07",
        ["Butler__Messaging__DelayScale"] = "0.1",
        ["Butler__Responder__SendWindow"] = "00:00:05",
        ["Butler__Responder__Settle"] = "00:00:05",
        ["Butler__Responder__Sweep"] = "00:00:02",
        ["Butler__Responder__SweepAfter"] = "00:00:12",
        // Small batches, so that there is more to interrupt.
        ["Butler__Import__BatchMails"] = "25",
        ["Butler__Import__Sweep"] = "00:00:02",
        ["Butler__Import__SweepAfter"] = "00:00:12",
    };

    /// <summary>Mails in all accounts together.</summary>
    public static int Mails { get; } = s_given is null ? 4000 : int.Parse(s_given, CultureInfo.InvariantCulture);

    /// <summary>Settings of the sandbox, and of Butler unless the number of mails was given.</summary>
    public static Dictionary<string, string> Environment(int accounts, int mails)
    {
        var samples = Path.Combine(ButlerRun.Root, "samples");
        return new(s_given is null ? s_quick : [])
        {
            ["Sandbox__Generate__Accounts"] = accounts.ToString(CultureInfo.InvariantCulture),
            ["Sandbox__Generate__MailsPerAccount"] = (mails / accounts).ToString(CultureInfo.InvariantCulture),
            ["Sandbox__Generate__Corpus"] = Corpus.Folder is { } folder
                ? string.Join(';', Path.Combine(folder, "spam-ham", "spam-ham.tar.gz"), Path.Combine(folder, "threads", "threads.tar.gz"), samples)
                : samples,
            // All recent enough for a draft.
            ["Sandbox__Generate__Days"] = "7",
            // Every answer of Gmail takes a while, and two batches are asked for at a time: however fast the machine, there is a middle to kill in.
            ["Sandbox__Faults__SlowAccounts"] = "true",
            ["Sandbox__Faults__SlowOneIn"] = "1",
            ["Sandbox__Faults__SlowBy"] = "00:00:00.02",
            ["Butler__Messaging__BulkWorkers"] = "2",
        };
    }
}
