using Butler.Sandbox.Faults;
using Butler.Sandbox.Models;
using Butler.Sandbox.Push;
using Butler.Sandbox.Quota;

namespace Butler.Sandbox;

/// <summary>The sandbox's settings, section <c>Sandbox</c> of the configuration.</summary>
public sealed class SandboxOptions
{
    /// <summary>The section's name.</summary>
    public const string Section = "Sandbox";

    /// <summary>Mail for the first account: an mbox, a Maildir, a folder of .eml, or a .tar.gz or .zip of these.</summary>
    public string? Mailbox { get; set; }

    /// <summary>The first account's address; <c>auto</c> takes the most frequent recipient of the mailbox.</summary>
    public string Address { get; set; } = "owner@sandbox.butler.test";

    /// <summary>Secret that requests to <c>/sandbox/…</c> carry in <c>X-Sandbox-Secret</c>; without one that API is closed.</summary>
    public string? Secret { get; set; }

    /// <summary>OAuth client id that the token endpoint accepts; unset: any.</summary>
    public string? ClientId { get; set; }

    /// <summary>OAuth client secret that the token endpoint accepts; unset: any.</summary>
    public string? ClientSecret { get; set; }

    /// <summary>How long an access token lives, in seconds.</summary>
    public int AccessTokenSeconds { get; set; } = 3599;

    /// <summary>Folder of the journal; unset: nothing outlives the process.</summary>
    public string? DataDir { get; set; }

    /// <summary>Accounts made for load.</summary>
    public GenerateOptions Generate { get; set; } = new();

    /// <summary>What calls cost and when they are refused.</summary>
    public QuotaOptions Quota { get; set; } = new();

    /// <summary>Push notifications.</summary>
    public PushOptions Push { get; set; } = new();

    /// <summary>Behaviour nastier than Gmail's, by seed.</summary>
    public NastyOptions Faults { get; set; } = new();

    /// <summary>The OpenAI and Anthropic endpoints.</summary>
    public ModelsOptions Models { get; set; } = new();
}

/// <summary>Accounts made from a corpus for load, the same for the same seed.</summary>
public sealed class GenerateOptions
{
    /// <summary>How many accounts: <c>user00001@sandbox.butler.test</c> and so on. 0: none.</summary>
    public int Accounts { get; set; }

    /// <summary>How many mails each has.</summary>
    public int MailsPerAccount { get; set; } = 100;

    /// <summary>Files or folders with the mail to use, several separated by <c>;</c>.</summary>
    public string Corpus { get; set; } = "";

    /// <summary>What decides which mails an account gets, and when they arrived.</summary>
    public int Seed { get; set; } = 1;

    /// <summary>Over how many days before <see cref="End"/> the mails are spread.</summary>
    public int Days { get; set; } = 150;

    /// <summary>When the newest mails arrived; unset: the first start (kept in the data folder).</summary>
    public DateTimeOffset? End { get; set; }
}
