using Butler.Intelligence;

namespace Butler.Classifier.Triage;

/// <summary>
/// Reads the model and compiles the way to a verdict before the first message is taken: otherwise the first new mails after a start
/// wait for it, the longer the busier the machine. A model that cannot be read stops the start instead of failing mails.
/// </summary>
internal sealed class ModelWarmUp : IHostedService
{
    private static readonly MailFeatures[] s_examples =
    [
        new() { Subject = "Thursday", NewText = "Hello,\n\ncould you tell me by Friday whether Thursday at 10 works for you?\n\nThanks\nNora", From = new("Nora", "nora@example.org"), To = ["owner@example.org"], OwnerAddresses = ["owner@example.org"] },
        new() { Subject = "This week", NewText = "Gardens, trains and bread. 20 % off until Sunday.\n\nUnsubscribe at any time.", From = new("The Weekly", "news@example.org"), IsList = true, IsBulk = true },
    ];

    public Task StartAsync(CancellationToken cancellationToken)
    {
        foreach (var example in s_examples)
        {
            LocalTriage.Understand(example);
        }

        return Task.CompletedTask;
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}
