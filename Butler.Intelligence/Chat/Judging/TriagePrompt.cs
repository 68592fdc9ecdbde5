using System.Security.Cryptography;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.SemanticKernel;

namespace Butler.Intelligence.Chat.Judging;

/// <summary>
/// The prompt in <c>Prompts/Triage/Judge</c>, a function of Semantic Kernel on the pipeline. Its version is a hash of its files, so that a
/// record and the cache name exactly the words that were used. The kernel encodes what a variable holds, so a mail cannot end its message
/// or begin another; inside its message it stands between two lines of an unguessable word.
/// </summary>
public sealed class TriagePrompt
{
    private const string Plugin = "Triage";
    private const string Function = "Judge";
    private const string Prompts = "Prompts";

    private static readonly string s_own = "\nThe owner made tags of their own. They may be given in the same way, where what they say of them fits the mail:\n".ReplaceLineEndings("\n");
    private readonly Kernel _kernel;
    private readonly KernelFunction _function;

    /// <summary>Reads the prompt's files beside the program.</summary>
    public TriagePrompt(ChatPipeline pipeline)
    {
        ArgumentNullException.ThrowIfNull(pipeline);
        var folder = Path.Combine(AppContext.BaseDirectory, Prompts, Plugin);
        var builder = Kernel.CreateBuilder();
        builder.Services.AddSingleton(pipeline.Client);
        _kernel = builder.Build();
        _function = _kernel.ImportPluginFromPromptDirectory(folder, Plugin)[Function];
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (var file in (string[])["skprompt.txt", "config.json"])
        {
            hash.AppendData(File.ReadAllBytes(Path.Combine(folder, Function, file)));
        }

        Version = $"{Plugin}/{Function}@{Convert.ToHexStringLower(hash.GetHashAndReset().AsSpan(0, 4))}";
    }

    /// <summary>Name and version.</summary>
    public string Version { get; }

    /// <summary>Asks about a mail.</summary>
    /// <param name="mail">The mail.</param>
    /// <param name="settings">What the model is told beside the prompt.</param>
    /// <param name="cancellationToken">Cancels.</param>
    public async Task<ChatResponse> AskAsync(MailForModel mail, IDictionary<string, object> settings, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(mail);
        var arguments = new KernelArguments(new PromptExecutionSettings { ExtensionData = settings })
        {
            ["boundary"] = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(12)),
            ["facts"] = mail.Facts,
            ["mail"] = mail.Text,
            ["tags"] = string.Join(", ", Tagger.All),
            ["own_tags"] = mail.Own.All.Count == 0 ? "" : s_own + mail.Own.ForModel,
        };
        var result = await _kernel.InvokeAsync(_function, arguments, cancellationToken);
        return result.GetValue<ChatResponse>()!;
    }
}
