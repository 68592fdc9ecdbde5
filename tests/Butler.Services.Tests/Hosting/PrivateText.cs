using System.Text;
using Butler.Mail;
using Butler.Sandbox.State;

namespace Butler.Services.Tests.Hosting;

/// <summary>What must never be in a log: subjects, lines of bodies, addresses and tokens of a sandbox's accounts.</summary>
internal sealed class PrivateText
{
    // Shorter ones ("Hello", "Thanks") occur by chance.
    private const int ShortestSubject = 8;
    private const int ShortestLine = 16;
    private const int LinesPerMail = 40;

    private readonly Dictionary<string, string> _needles = new(StringComparer.Ordinal);

    public PrivateText(IEnumerable<SandboxAccount> accounts, IEnumerable<string> secrets)
    {
        foreach (var secret in secrets)
        {
            _needles.TryAdd(secret, "a secret");
        }

        foreach (var account in accounts)
        {
            _needles.TryAdd(account.Address, "the owner's address");
            _needles.TryAdd(account.RefreshToken, "a refresh token");
            foreach (var mail in account.Mails)
            {
                Add(mail.Raw());
            }
        }
    }

    /// <summary>How much is looked for; a check that looks for nothing proves nothing.</summary>
    public int Count => _needles.Count;

    /// <summary>What kinds of private text a text holds; the text itself is not repeated.</summary>
    public IReadOnlyList<string> FindIn(string text) => [.. _needles.Where(n => text.Contains(n.Key, StringComparison.Ordinal)).Select(n => n.Value).Distinct()];

    /// <summary>The same in a dump of a database: as it is, in hex (bytea) and in base64.</summary>
    public IReadOnlyList<string> FindEncodedIn(string dump) =>
        [.. _needles.Where(n => Forms(n.Key).Any(f => dump.Contains(f, StringComparison.Ordinal))).Select(n => n.Value).Distinct()];

    private static string[] Forms(string needle)
    {
        var bytes = Encoding.UTF8.GetBytes(needle);
        return [needle, Convert.ToHexStringLower(bytes), Convert.ToBase64String(bytes).TrimEnd('=')];
    }

    private void Add(byte[] raw)
    {
        var message = MimeMessage.Parse(raw);
        if (message.Subject.Trim() is { Length: >= ShortestSubject } subject)
        {
            _needles.TryAdd(subject, "a subject");
        }

        foreach (var address in (string?[])[message.From?.Address, .. message.To.Concat(message.Cc).Concat(message.ReplyTo).Select(a => a.Address)])
        {
            if (address is { Length: > 5 } && address.Contains('@', StringComparison.Ordinal))
            {
                _needles.TryAdd(address, "an address");
            }
        }

        foreach (var line in Encoding.UTF8.GetString(raw.AsSpan(0, Math.Min(raw.Length, 64 * 1024))).Split('\n').Select(l => l.Trim()).Where(l => l.Length >= ShortestLine && l.Contains(' ', StringComparison.Ordinal)).Take(LinesPerMail))
        {
            _needles.TryAdd(line, "a line of a mail");
        }
    }
}
