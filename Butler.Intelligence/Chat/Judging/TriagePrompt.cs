using System.Security.Cryptography;
using Microsoft.Extensions.AI;

namespace Butler.Intelligence.Chat.Judging;

/// <summary>
/// The prompt in <c>Prompts/Triage/Judge</c>. Its version is a hash of its files, so that a record and the cache name exactly the words
/// that were used. The mail stands between two lines of an unguessable word: it cannot end its own part.
/// </summary>
public sealed class TriagePrompt
{
    private const string Plugin = "Triage";
    private const string Function = "Judge";
    private readonly string _template;

    /// <summary>Reads the prompt's files.</summary>
    /// <param name="folder">The folder <c>Prompts</c>; none: the one beside the program.</param>
    public TriagePrompt(string? folder = null)
    {
        var files = Path.Combine(folder ?? Path.Combine(AppContext.BaseDirectory, "Prompts"), Plugin, Function);
        _template = File.ReadAllText(Path.Combine(files, "skprompt.txt"));
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData(File.ReadAllBytes(Path.Combine(files, "skprompt.txt")));
        hash.AppendData(File.ReadAllBytes(Path.Combine(files, "config.json")));
        Version = $"{Plugin}/{Function}@{Convert.ToHexStringLower(hash.GetHashAndReset().AsSpan(0, 4))}";
    }

    /// <summary>Name and version.</summary>
    public string Version { get; }

    /// <summary>The conversation about a mail.</summary>
    public Task<IReadOnlyList<ChatMessage>> RenderAsync(MailForModel mail, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(mail);
        cancellationToken.ThrowIfCancellationRequested();
        var boundary = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(12));
        var parts = _template.Split("{{$mail}}");
        string Fill(string text) => text.Replace("{{$boundary}}", boundary, StringComparison.Ordinal).Replace("{{$tags}}", string.Join(", ", Tagger.All), StringComparison.Ordinal)
            .Replace("{{$facts}}", mail.Facts, StringComparison.Ordinal);
        return Task.FromResult<IReadOnlyList<ChatMessage>>([new(ChatRole.User, string.Join(mail.Text, parts.Select(Fill)))]);
    }
}
