using System.Diagnostics.Metrics;
using Microsoft.Extensions.DependencyInjection;

namespace Butler.Mailboxes.Tests.Support;

internal static class Meters
{
    public static MailboxMetrics Metrics() =>
        new(new ServiceCollection().AddMetrics().BuildServiceProvider().GetRequiredService<IMeterFactory>());
}
