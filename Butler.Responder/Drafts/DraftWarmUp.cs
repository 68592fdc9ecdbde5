using Butler.Responder.Templates;

namespace Butler.Responder.Drafts;

/// <summary>Compiles the way from a mail to a draft's bytes before the first message is taken, so that the first draft after a start need not wait for it.</summary>
internal sealed class DraftWarmUp(DraftComposer composer, TimeProvider time) : IHostedService
{
    public Task StartAsync(CancellationToken cancellationToken)
    {
        var now = time.GetUtcNow();
        var mail = new DueMail
        {
            Id = Guid.Empty,
            Account = new(Guid.Empty, "Owner", "owner@example.org", "active", true, null),
            ProviderMessageId = "1",
            ThreadId = "1",
            MessageId = "1@example.org",
            SentAt = now,
            ReceivedAt = now,
            FromName = "Nora",
            FromAddress = "nora@example.org",
            Subject = "Thursday",
            NewText = "Hello,\n\ncould you tell me by Friday whether Thursday at 10 works for you?\n\nThanks\nNora",
            Language = "en",
            Category = "needs_reply",
        };
        composer.Compose(mail, ReplyTemplate.Write(mail).Text);
        return Task.CompletedTask;
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}
