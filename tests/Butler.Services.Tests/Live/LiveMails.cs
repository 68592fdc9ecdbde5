using System.Text;
using Butler.Sandbox.State;
using Butler.Services.Tests.Hosting;

namespace Butler.Services.Tests.Live;

/// <summary>Mails that arrive while Butler runs.</summary>
internal static class LiveMails
{
    public const string Owner = "owner@sandbox.butler.test";

    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    /// <summary>A personal mail that asks for an answer.</summary>
    public static byte[] Question(string subject, string from = "Nora Lind <nora@example.org>", string to = Owner, string? inReplyTo = null) => Encoding.UTF8.GetBytes($"""
        From: {from}
        To: {to}
        Subject: {subject}
        Date: {TimeProvider.System.GetUtcNow():r}
        Message-ID: <{Guid.NewGuid():N}@example.org>
        {(inReplyTo is null ? "" : $"In-Reply-To: <{inReplyTo}>\nReferences: <{inReplyTo}>\n")}MIME-Version: 1.0
        Content-Type: text/plain; charset=utf-8

        Hi,

        could you please tell me whether Thursday at 10 works for you? Can you confirm the room by Friday?

        Thanks
        Nora
        """.ReplaceLineEndings("\r\n").Replace("GMT", "+0000", StringComparison.Ordinal));

    /// <summary>An owner with one old mail, connected and imported; push on unless told otherwise.</summary>
    public static async Task<TestSystem> StartAsync(bool push = true, Action<Butler.Sandbox.SandboxOptions>? sandbox = null, IReadOnlyDictionary<string, string?>? settings = null, int replicas = 1)
    {
        var all = push ? TestSystem.PushSettings : new Dictionary<string, string?>
        {
            ["Butler:Sync:Again"] = "00:00:00.2", ["Butler:Sync:Busy"] = "00:00:00.05", ["Butler:Sync:RepairWait"] = "00:00:00.1",
        };
        foreach (var (key, value) in settings ?? new Dictionary<string, string?>())
        {
            all[key] = value;
        }

        var system = await TestSystem.StartAsync(o => sandbox?.Invoke(o), all);
        system.State.AddAccount(Owner, [Question("An old question")]);
        for (var i = 0; i < replicas; i++)
        {
            _ = push ? await system.StartPushedIngestAsync() : await system.StartIngestAsync();
        }

        await system.StartClassifierAsync();
        await system.UntilAsync("SELECT count(*) = 1 FROM sync_jobs WHERE status = 'completed'", Patience, "the import completes");
        if (push)
        {
            await system.UntilAsync("SELECT count(*) = 1 FROM provider_users WHERE watch_expires_at > now() + interval '6 days'", Patience, "the watch is registered");
        }

        return system;
    }

    public static SandboxAccount Mailbox(this TestSystem system) => system.State.Account(Owner);

    /// <summary>Waits until a mail is in a state.</summary>
    public static Task UntilStateAsync(this TestSystem system, string messageId, string state) =>
        system.UntilAsync($"SELECT count(*) = 1 FROM ledger WHERE provider_message_id = '{messageId}' AND state = '{state}'", Patience, $"the mail is {state}");
}
