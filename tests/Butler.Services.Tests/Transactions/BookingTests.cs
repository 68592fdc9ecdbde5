using Butler.Classifier;
using Butler.Data;
using Butler.Messaging;
using Butler.Messaging.Contracts;
using Butler.Services.Tests.Hosting;
using Butler.Services.Tests.Import;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;

namespace Butler.Services.Tests.Transactions;

/// <summary>Transactions with the services as they run: booked in the batch of triage, once, whatever is delivered again.</summary>
public sealed class BookingTests : ImportSystems
{
    private const string Alert = "Dear Customer,\r\nRs.1,250.50 has been debited from your A/c XX4321 to ACME STORES on 15-01-2026. UPI Ref no 512345678901.\r\n";
    private const string Receipt = "Thank you for your order at Acme Stores.\r\nOrder number: AC-99812\r\nSubtotal INR 1,250.50\r\nTotal paid INR 1,250.50\r\nOrder date: 15-01-2026\r\n";
    private const string Refund = "Dear Customer,\r\nRefund of Rs.250.00 from ACME STORES has been credited to your A/c XX4321 on 20-01-2026. Ref no 512345999999.\r\n";
    private const string Doubtful = "Purchase of 129 kr at BUTIK with card ****1234. Ref 99887766\r\n";
    private const string Code = "123456 is your OTP for a payment of Rs. 500.00 at SHOP. Do not share it with anyone.\r\n";
    private const string Declined = "Your transaction of USD 75.50 at SHOP on card XX1234 was declined due to insufficient funds.\r\n";

    [Fact]
    public async Task Import_AlertReceiptRefund_BookedOnceLinkedAndCounted()
    {
        var (system, classifier) = await ImportAsync("triage: after commit");

        Assert.Equal(3, await system.CountAsync("SELECT count(*) FROM transactions WHERE amount IN (1250.50, 250) AND currency = 'INR'"));
        Assert.Equal(1, await system.CountAsync("SELECT count(*) FROM transactions WHERE amount = 1250.50 AND state = 'booked' AND direction = 'out'"));
        Assert.Equal(1, await system.CountAsync("SELECT count(*) FROM transactions t JOIN transactions o ON o.id = t.duplicate_of WHERE t.state = 'merged' AND o.state = 'booked' AND o.amount = t.amount"));
        Assert.Equal(1, await system.CountAsync("SELECT count(*) FROM transactions t JOIN transactions p ON p.id = t.refund_of WHERE t.direction = 'refund' AND p.amount = 1250.50"));
        Assert.Equal(1, await system.CountAsync("SELECT count(*) FROM transactions WHERE state = 'review' AND currency IS NULL AND 'currency' = ANY (doubts)"));
        Assert.Equal(4, await system.CountAsync("SELECT count(*) FROM transactions"));
        Assert.Equal(4, await system.CountAsync("SELECT transactions FROM sync_jobs"));
        // The span points at the characters of the stored text.
        Assert.Equal("1,250.50", await system.ScalarAsync("""
            SELECT substr(e.new_text, (t.spans->'amount'->>1)::int + 1, (t.spans->'amount'->>2)::int) FROM transactions t JOIN emails e ON e.id = t.mail_id WHERE t.source = 'alert' AND t.amount = 1250.50
            """));
        await system.StopAsync(classifier);
    }

    [Fact]
    public async Task ReadAgain_ReplacesWhatTheOwnerHasNotDecided()
    {
        var (system, classifier) = await ImportAsync();
        var database = classifier.Services.GetRequiredService<Database>();
        var owner = (Guid)(await system.ScalarAsync("SELECT app_user_id FROM provider_users"))!;
        var account = (Guid)(await system.ScalarAsync("SELECT id FROM provider_users"))!;

        // The owner books the doubtful one as 129 SEK out.
        var doubtful = (Guid)(await system.ScalarAsync("SELECT id FROM transactions WHERE state = 'review'"))!;
        var word = new ReviewTransaction(doubtful, account, true, null, "SEK", null, new DateOnly(2026, 1, 2), owner);
        await database.TransactAsync(c => MessageBus.SendAsync(c, word, Lane.Live, account, Guid.CreateVersion7(), CancellationToken.None), CancellationToken.None);
        await system.UntilAsync("SELECT EXISTS (SELECT FROM transactions WHERE state = 'booked' AND currency = 'SEK' AND happened_on = '2026-01-02' AND decided_at IS NOT NULL AND doubts = '{}')", Patience, "the owner's word is carried out");

        // Every mail is read again: the rows are the same ones, and the decided one stays.
        var before = await system.ScalarAsync("SELECT string_agg(id || state || amount, ',' ORDER BY id) FROM transactions");
        await system.ExecuteAsync("UPDATE transactions SET amount = 7 WHERE direction = 'refund'");
        foreach (var mail in ((string)(await system.ScalarAsync("SELECT string_agg(DISTINCT mail_id::text, ',') FROM transactions"))!).Split(',').Select(Guid.Parse))
        {
            var task = Guid.CreateVersion7();
            await database.TransactAsync(async c =>
            {
                await TaskIds.AddForMailAsync(c, task, owner, account, mail, Guid.CreateVersion7(), CancellationToken.None);
                await MessageBus.SendAsync(c, new ProcessMail(mail, account, task, true), Lane.Live, account, Guid.CreateVersion7(), CancellationToken.None);
            }, CancellationToken.None);
        }

        await system.UntilAsync("SELECT count(*) = 4 FROM verdicts WHERE revision = 2", Patience, "all are judged again");
        Assert.Equal(before, await system.ScalarAsync("SELECT string_agg(id || state || amount, ',' ORDER BY id) FROM transactions"));
        Assert.Equal(4, await system.CountAsync("SELECT transactions FROM sync_jobs"));
        await system.StopAsync(classifier);
    }

    private async Task<(TestSystem System, WebApplication Classifier)> ImportAsync(params string[] fails)
    {
        var folder = Directory.CreateTempSubdirectory("butler-money-");
        string[] texts = [Alert, Receipt, Refund, Doubtful, Code, Declined];
        for (var i = 0; i < texts.Length; i++)
        {
            await File.WriteAllBytesAsync(
                Path.Combine(folder.FullName, $"{i}.eml"), TestMail.Plain(Owner, i, TimeSpan.FromHours(3 + i), texts[i], i == 1 ? "Acme Stores <orders@acme.example>" : "Bank Alerts <alerts@bank.example>", subject: i == 1 ? "Order confirmation" : "Transaction alert"));
        }

        var system = await StartAsync(o => o.Mailbox = folder.FullName);
        await StartIngestAsync(system);
        var classifier = await system.StartAsync(
            builder =>
            {
                builder.AddClassifier();
                builder.Services.AddSingleton<IFaultPoints>(new FailOnce(fails));
            },
            _ => { });
        await CompletedAsync(system);
        await system.UntilAsync("SELECT NOT EXISTS (SELECT FROM outbox WHERE kind = 'TriageMails')", Patience, "no batch waits");
        folder.Delete(recursive: true);
        return (system, classifier);
    }

    /// <summary>Fails the first time at each of its points: the batch is delivered again.</summary>
    private sealed class FailOnce(params string[] points) : IFaultPoints
    {
        private readonly HashSet<string> _left = [.. points];

        public Task ReachAsync(string point)
        {
            lock (_left)
            {
                return _left.Remove(point) ? throw new InvalidOperationException("cut off by the test") : Task.CompletedTask;
            }
        }
    }
}
