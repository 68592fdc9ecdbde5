using Butler.Mail.Files;
using Butler.Sandbox.Mail;
using Butler.Sandbox.State;

namespace Butler.Sandbox.Load;

/// <summary>Makes the accounts at the start: the first from the mailbox, more from the generator.</summary>
internal sealed partial class AccountLoader(SandboxOptions options, DataFolder folder, ILogger<AccountLoader> log)
{
    /// <summary>A broken archive has one problem per mail; the first say enough, the count is logged at the end.</summary>
    private const int LoggedProblems = 10;

    public void Load(SandboxState state)
    {
        if (!string.IsNullOrEmpty(options.Mailbox))
        {
            LoadMailbox(state, options.Mailbox);
        }

        if (options.Generate.Accounts > 0)
        {
            Generate(state);
        }
    }

    private void LoadMailbox(SandboxState state, string path)
    {
        List<RawMail> files;
        try
        {
            files = ReadAll(path);
        }
        catch (MailFilesException e) when (e.IsEmpty)
        {
            // An account before its first mail. Who meant another file must see why nothing comes.
            Console.Error.WriteLine($"{e.Message} The account starts without mail.");
            files = [];
        }

        var mails = files.ConvertAll(f => (Content: new MailContent(SampleAge.Apply(f.Bytes, folder.End), f.Bytes), f.Labels));
        var address = options.Address.Equals("auto", StringComparison.OrdinalIgnoreCase) ? Owner.Guess(mails.Select(m => m.Content)) : options.Address;
        long last = 0;
        var initial = new List<InitialMail>(mails.Count);
        foreach (var (content, labels) in mails)
        {
            // Without any date the file's order is all there is: one second after the mail before.
            last = content.Date ?? last + 1_000;
            initial.Add(new InitialMail(content, last, LabelsOf(content, labels, address), false));
        }

        state.Add(address, initial.Count, () => initial);
        LogLoaded(log, initial.Count, files.Count(f => f.Problem is not null));
    }

    private void Generate(SandboxState state)
    {
        var corpus = options.Generate.Corpus.Split(';', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)
            .SelectMany(ReadAll).Select(f => new MailContent(f.Bytes)).ToArray();
        if (corpus.Length == 0)
        {
            throw new InvalidOperationException($"{SandboxOptions.Section}:Generate:Corpus names no file or folder with mail");
        }

        var generator = new Generator(options.Generate, corpus, options.Generate.End ?? folder.End);
        for (var i = 1; i <= options.Generate.Accounts; i++)
        {
            var (number, address) = (i, $"user{i:00000}@sandbox.butler.test");
            state.Add(address, options.Generate.MailsPerAccount, () => generator.Mails(number, address));
        }

        LogGenerated(log, options.Generate.Accounts, options.Generate.MailsPerAccount, corpus.Length);
    }

    private List<RawMail> ReadAll(string path)
    {
        var mails = new List<RawMail>();
        var problems = 0;
        // Loading happens once, before the server listens; there is no context to wait in.
        var reading = Task.Run(async () =>
        {
            await foreach (var mail in MailFiles.ReadAsync(path))
            {
                if (mail.Bytes.Length > 0)
                {
                    mails.Add(mail);
                }

                if (mail.Problem is { } problem && ++problems <= LoggedProblems)
                {
                    LogProblem(log, mail.Source, problem);
                }
            }
        });
        reading.GetAwaiter().GetResult();
        return mails;
    }

    private static IReadOnlyList<string> LabelsOf(MailContent content, IReadOnlyList<string> labels, string address)
    {
        // A Takeout says all about a mail: without "Inbox" it is archived. Other files say at most whether it was read.
        if (content.GmailLabels is not null || labels.Any(l => l is "INBOX" or "SENT" or "SPAM" or "TRASH" or "DRAFT"))
        {
            return labels;
        }

        return [.. labels, .. SandboxState.DefaultLabels(content, address)];
    }

    [LoggerMessage(9101, LogLevel.Information, "Mailbox loaded: {Mails} mails, {Problems} with a problem")]
    private static partial void LogLoaded(ILogger log, int mails, int problems);

    [LoggerMessage(9102, LogLevel.Information, "Accounts to generate: {Accounts} with {Mails} mails each, from {Corpus} mails")]
    private static partial void LogGenerated(ILogger log, int accounts, int mails, int corpus);

    [LoggerMessage(9103, LogLevel.Warning, "A mail at {Source} was read with a problem: {Problem}")]
    private static partial void LogProblem(ILogger log, string source, string problem);
}
