using Butler.Data;
using Butler.Messaging;
using Butler.Messaging.Contracts;
using Butler.Sandbox.State;

namespace Butler.Services.Tests.Faults;

/// <summary>What owners, senders and the world do while a seed runs.</summary>
internal sealed partial class FaultRun
{
    private async Task EventAsync()
    {
        if (_providers is not null && _plan.Next(0, 3) == 0)
        {
            await ProviderEventAsync(_providers);
            return;
        }

        var account = _system.State.Account(SeedPlan.Address(_plan.Next(1, _plan.Accounts + 1)));
        switch (_plan.Next(0, 18))
        {
            case 0 or 1 or 2:
                account.Deliver(_plan.Mail(account.Address, TimeSpan.Zero));
                Tell("a mail arrives");
                break;
            case 12 or 13:
                // A burst, as from a mailing list.
                for (var i = _plan.Next(2, 5); i > 0; i--)
                {
                    account.Deliver(_plan.Mail(account.Address, TimeSpan.Zero));
                }

                Tell("mails arrive");
                break;
            case 14 or 15 when account.Mails.Where(m => !m.LabelIds.Contains("DRAFT")).ToList() is { Count: > 0 } mails:
                var relabelled = mails[_plan.Next(0, mails.Count)];
                account.Relabel(relabelled.Id, [_plan.Next(0, 4) == 0 ? "TRASH" : "STARRED"], ["UNREAD"]);
                Tell($"{relabelled.Id} is labelled");
                break;
            case 16:
                account.ExpireHistory();
                Tell("the history is forgotten");
                break;
            case 17 when account.Mails.Where(m => m.LabelIds.Contains("INBOX")).ToList() is { Count: > 0 } mails:
                var answered = mails[_plan.Next(0, mails.Count)];
                account.Deliver(_plan.Answer(account.Address, answered.Raw()));
                Tell($"{answered.Id} is answered by its owner");
                break;
            case 3 when account.Mails.Where(m => !m.LabelIds.Contains("DRAFT")).ToList() is { Count: > 3 } mails:
                var gone = mails[_plan.Next(0, mails.Count)];
                Deleted.Add(gone.Id);
                account.Delete(gone.Id);
                Tell($"{gone.Id} is deleted");
                break;
            case 4 or 5 or 6:
                var fault = _plan.Fault();
                _system.Faults.Set(fault);
                Tell($"fault {fault.Method} {fault.Kind}");
                break;
            case 7:
                await _system.ExecuteAsync("UPDATE outbox SET due_at = now() WHERE id IN (SELECT id FROM outbox WHERE lease IS NOT NULL ORDER BY id LIMIT 1)");
                Tell("a lease is lost");
                break;
            case 8:
                await _system.ExecuteAsync("""
                    INSERT INTO outbox (id, queue, lane, kind, body, provider_user_id, correlation_id)
                    SELECT gen_random_uuid(), queue, lane, kind, body, provider_user_id, correlation_id FROM outbox ORDER BY id DESC LIMIT 1
                    """);
                Tell("a message is doubled");
                break;
            case 9:
                await SendAsync("SELECT id FROM sync_jobs WHERE status = 'in_progress' ORDER BY id LIMIT 1", id => MessageBus.Pack(new CancelImport(id), Lane.Live, null, Guid.CreateVersion7()));
                Tell("an import is cancelled");
                break;
            case 10 when account.Drafts is [var draft, ..]:
                TouchDraft(account, draft);
                break;
            // Who is refused before the first import began has none until somebody connects the account again.
            case 11 when _plan.Next(0, 3) == 0 && await IsAsync($"SELECT EXISTS (SELECT FROM sync_jobs j JOIN provider_users p ON p.id = j.provider_user_id WHERE p.address = '{account.Address}' AND j.type = 'import')"):
                _system.Faults.Set(new("token", Sandbox.Faults.FaultKind.InvalidGrant, Count: 1, Account: account.Address));
                Tell("a login will be refused");
                break;
            default:
                await ProcessAgainAsync();
                break;
        }
    }

    /// <summary>Something happens to a provider, or to a mail that waits for one.</summary>
    private async Task ProviderEventAsync(ProviderScene providers)
    {
        var kind = _plan.Next(0, 7);
        if (kind > 3 && providers.Event() is { } told)
        {
            Tell(told);
            return;
        }

        if (kind == 3)
        {
            await ProcessAgainAsync("SELECT mail_id AS id FROM open_judgings ORDER BY sent_at NULLS LAST LIMIT 1");
            return;
        }

        if (await _system.ScalarAsync("SELECT p.address || ' ' || l.provider_message_id FROM open_judgings j JOIN ledger l ON l.id = j.mail_id JOIN provider_users p ON p.id = l.provider_user_id ORDER BY j.sent_at DESC NULLS LAST LIMIT 1") is not string waiting)
        {
            return;
        }

        var account = _system.State.Account(waiting.Split(' ')[0]);
        if (account.Mails.FirstOrDefault(m => m.Id == waiting.Split(' ')[1]) is not { } mail)
        {
            return;
        }

        switch (kind)
        {
            case 0:
                Deleted.Add(mail.Id);
                account.Delete(mail.Id);
                break;
            case 1:
                account.Relabel(mail.Id, ["STARRED"], ["UNREAD"]);
                break;
            default:
                account.Deliver(_plan.Answer(account.Address, mail.Raw()));
                break;
        }

        Tell($"{mail.Id}, which waits for a chat model, is {(kind == 0 ? "deleted" : kind == 1 ? "labelled" : "answered")}");
    }

    private void TouchDraft(SandboxAccount account, SandboxDraft draft)
    {
        switch (_plan.Next(0, 3))
        {
            case 0:
                account.DeleteDraft(draft.Id);
                break;
            case 1:
                account.SendDraft(draft.Id);
                break;
            default:
                account.UpdateDraft(draft.Id, draft.Mail.Raw(), draft.Mail.ThreadId);
                break;
        }

        Tell("the owner works on a draft");
    }

    /// <summary>A caller asks for one mail to be judged again.</summary>
    /// <param name="which">Which; none: one with a draft, where there is one, because then the draft is replaced too.</param>
    private async Task ProcessAgainAsync(string which = "SELECT l.id FROM ledger l LEFT JOIN replies r ON r.mail_id = l.id WHERE l.state = 'done' ORDER BY r.state = 'created' DESC NULLS LAST, l.id LIMIT 1")
    {
        await SendAsync(which, async (connection, mail) =>
        {
            var task = Guid.CreateVersion7();
            var (user, account) = ((Guid)(await _system.ScalarAsync("SELECT id FROM app_users"))!, (Guid)(await _system.ScalarAsync($"SELECT provider_user_id FROM ledger WHERE id = '{mail}'"))!);
            await TaskIds.AddForMailAsync(connection, task, user, account, mail, task, CancellationToken.None);
            return MessageBus.Pack(new ProcessMail(mail, account, task, true), Lane.Live, account, task);
        });
        Tell("a mail is judged again");
    }
}
