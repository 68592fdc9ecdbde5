using Butler.Sandbox.Mail;
using Butler.Sandbox.State;

namespace Butler.Sandbox.Load;

/// <summary>
/// Mails for made-up accounts: runs of neighbours from the corpus, so that threads come along, dated anew and spread
/// over the days before the end. The same account has the same mails for the same seed and corpus.
/// </summary>
internal sealed class Generator(GenerateOptions options, MailContent[] corpus, DateTimeOffset end)
{
    private const int LongestRun = 12;

    public List<InitialMail> Mails(int account, string address)
    {
        var state = Ids.Mix((ulong)options.Seed ^ Ids.Mix((ulong)account));
        ulong Next() => state = Ids.Mix(state);
        var span = (long)TimeSpan.FromDays(Math.Max(1, options.Days)).TotalMilliseconds;
        var step = Math.Max(1_000, span / Math.Max(1, options.MailsPerAccount));
        var mails = new List<InitialMail>(options.MailsPerAccount);
        while (mails.Count < options.MailsPerAccount)
        {
            var start = (int)(Next() % (ulong)corpus.Length);
            var length = 1 + (int)(Next() % LongestRun);
            for (var i = start; i < Math.Min(start + length, corpus.Length) && mails.Count < options.MailsPerAccount; i++)
            {
                // Whole seconds, because the Date field has no finer.
                var at = end.ToUnixTimeMilliseconds() - span + (mails.Count * step) + (long)(Next() % (ulong)step);
                mails.Add(new InitialMail(corpus[i], at / 1_000 * 1_000, SandboxState.DefaultLabels(corpus[i], address), true));
            }
        }

        return mails;
    }
}
