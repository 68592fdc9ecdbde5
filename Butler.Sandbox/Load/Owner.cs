using Butler.Sandbox.Mail;

namespace Butler.Sandbox.Load;

/// <summary>Whose mailbox a file is.</summary>
internal static class Owner
{
    /// <summary>The most frequent Delivered-To, else To; the sandbox's own address when no mail names one.</summary>
    public static string Guess(IEnumerable<MailContent> mails)
    {
        var votes = new Dictionary<string, int>(StringComparer.Ordinal);
        foreach (var mail in mails)
        {
            var (text, weight) = mail.DeliveredTo is { } delivered ? (delivered, 3) : (mail.To ?? "", 1);
            foreach (var part in text.Split(',').Take(20))
            {
                var address = MailContent.AddressOf(part);
                if (address.IndexOf('@') is var at and > 0 && at < address.Length - 1 && !address.Contains(' ', StringComparison.Ordinal))
                {
                    votes[address] = votes.GetValueOrDefault(address) + weight;
                }
            }
        }

        return votes.Count == 0 ? new SandboxOptions().Address : votes.OrderByDescending(v => v.Value).ThenBy(v => v.Key, StringComparer.Ordinal).First().Key;
    }
}
