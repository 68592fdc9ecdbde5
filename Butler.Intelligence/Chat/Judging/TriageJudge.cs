using Microsoft.Extensions.AI;

namespace Butler.Intelligence.Chat.Judging;

/// <summary>A chat model's judgement of a mail.</summary>
/// <param name="Answer">What it says, checked.</param>
/// <param name="Provider">Who said it.</param>
/// <param name="Model">The model that was asked.</param>
/// <param name="Prompt">The prompt's name and version.</param>
public sealed record ChatJudgement(TriageAnswer Answer, string Provider, string Model, string Prompt);

/// <summary>Asks the pipeline about one mail.</summary>
public sealed class TriageJudge(ChatPipeline pipeline, TriagePrompt prompt)
{
    /// <summary>The prompt's name and version, as records and the cache name it.</summary>
    public string PromptVersion => prompt.Version;

    /// <summary>Asks.</summary>
    /// <param name="mail">The mail.</param>
    /// <param name="canWait">Whether the caller can come back after a short rate limit.</param>
    /// <param name="calls">Gets every call that was made, also when none gave an answer.</param>
    /// <param name="cancellationToken">Cancels.</param>
    /// <exception cref="NoChatAnswerException">Nobody gave an answer of use.</exception>
    public async Task<ChatJudgement> AskAsync(MailForModel mail, bool canWait, ICollection<ChatCall> calls, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(mail);
        ArgumentNullException.ThrowIfNull(calls);
        var request = new ChatRequest { CanWait = canWait, Check = text => TriageAnswer.Read(text, mail.Own).Error };
        var settings = new Dictionary<string, object>
        {
            ["max_tokens"] = pipeline.Settings.TriageTokens,
            ["temperature"] = pipeline.Settings.Temperature,
            ["response_format"] = ChatResponseFormat.ForJsonSchema(TriageAnswer.SchemaFor(mail.Own), "triage", "The judgement of one mail."),
            [ChatRequest.Key] = request,
        };
        try
        {
            var response = await prompt.AskAsync(mail, settings, cancellationToken);
            var last = request.Calls[^1];
            return new(TriageAnswer.Read(response.Text, mail.Own).Answer!, last.Provider, last.Model, prompt.Version);
        }
        finally
        {
            foreach (var call in request.Calls)
            {
                calls.Add(call);
            }
        }
    }
}
