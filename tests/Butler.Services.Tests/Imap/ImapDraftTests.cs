using System.Text;
using Butler.Data;
using Butler.Responder;
using Butler.Services.Tests.Responder;
using Butler.Testing;
using Microsoft.Extensions.DependencyInjection;

namespace Butler.Services.Tests.Imap;

/// <summary>One draft, whatever dies between APPEND and the note of it.</summary>
[Trait("Category", "Imap")]
public sealed class ImapDraftTests(DovecotServer dovecot) : ImapSystems(dovecot)
{
    private static readonly Dictionary<string, string?> s_quick = new()
    {
        ["Butler:Responder:SendWindow"] = "00:00:10",
        ["Butler:Responder:Settle"] = "00:00:05",
        ["Butler:Responder:Sweep"] = "00:00:00.3",
        ["Butler:Responder:SweepAfter"] = "00:00:00.5",
    };

    [DovecotFact]
    public Task Draft_ProcessDiesAfterAppend_IsThereOnce() => OnceAsync(Points.CrashOnceAt("draft: after POST"), _ => ProxyAct.Forward);

    [DovecotFact]
    public Task Draft_AnswerToAppendIsLost_IsThereOnce()
    {
        var lost = 0;
        return OnceAsync(null, piece => TcpProxy.Occurrences(piece, "APPENDUID") > 0 && Interlocked.Increment(ref lost) == 1 ? ProxyAct.Drop : ProxyAct.Forward);
    }

    private async Task OnceAsync(Points? points, Func<byte[], ProxyAct> decide)
    {
        var (user, system) = (NewUser(), await StartSystemAsync(s_quick));
        Dovecot.Deliver(user, [Question("q1@example.net", user)]);
        await using var proxy = new TcpProxy(Dovecot.Port, p => ValueTask.FromResult(decide(p)));
        var (_, http) = await StartIngestAsync(system);
        await system.StartClassifierAsync();
        await system.StartAsync(
            b =>
            {
                if (points is not null)
                {
                    b.Services.AddSingleton<IFaultPoints>(points);
                }

                b.AddResponder();
            }, _ => { });
        Expect(3201);

        await AddAccountAsync(http, user, proxy.Port);

        await system.UntilAsync("SELECT count(*) = 1 FROM replies WHERE state = 'created' AND sends = 1", TimeSpan.FromMinutes(2), "the draft is found again");
        await using var client = await ConnectAsync(user);
        var draft = Assert.Single(await ReadAsync(client, "Drafts"));
        Assert.Contains("In-Reply-To: <q1@example.net>", Encoding.UTF8.GetString(draft.Body!.Value.Span), StringComparison.Ordinal);
    }
}
