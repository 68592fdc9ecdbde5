namespace Butler.Ingest.Accounts;

/// <summary>Section <c>Butler</c>: what <c>./butler up</c> tells Ingest about this installation.</summary>
internal sealed class AccountOptions
{
    public const string Section = "Butler";

    /// <summary>Where the first user's API token file goes; none is written without it.</summary>
    public string? DataDir { get; set; }

    /// <summary>A file or folder of mail that is connected for the first user at the start; it must lie at or below <c>Butler:Files:Roots</c>.</summary>
    public string? Mailbox { get; set; }

    /// <summary>The local Google that stands in where there are no Google credentials.</summary>
    public SandboxOptions Sandbox { get; set; } = new();

    internal sealed class SandboxOptions
    {
        /// <summary>Its address; absent: no sandbox.</summary>
        public Uri? Address { get; set; }

        /// <summary>The per-run secret of its control API.</summary>
        public string Secret { get; set; } = "";

        /// <summary>Whether its accounts hold a file's mail, which is imported whole, however old.</summary>
        public bool WholeMailbox { get; set; } = true;
    }
}
