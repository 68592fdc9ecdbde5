namespace Butler.EndToEnd.Tests.Running;

/// <summary>Mail that arrives while Butler runs.</summary>
internal static class NewMail
{
    private static int s_number;

    /// <summary>Newsletters that nobody needs to answer.</summary>
    public static async Task DeliverAsync(SandboxControl sandbox, string address, int count)
    {
        for (var i = 0; i < count; i++)
        {
            var number = Interlocked.Increment(ref s_number);
            await sandbox.DeliverAsync(address, $"""
                From: Garden News <news@garden.example.com>
                To: {address}
                Subject: Garden news number {number}
                Message-ID: <garden-{number}@garden.example.com>
                List-Unsubscribe: <https://garden.example.com/unsubscribe>
                Content-Type: text/plain; charset=utf-8

                This week in the garden, issue {number}: prune the roses, plant the tulips, and keep the paths dry.
                You receive this newsletter because you subscribed to it.

                """.ReplaceLineEndings("\r\n"));
        }
    }
}
