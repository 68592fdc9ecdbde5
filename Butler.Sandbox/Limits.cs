namespace Butler.Sandbox;

/// <summary>Named bounds against hostile input; Google's own where they are known.</summary>
internal static class Limits
{
    /// <summary>Largest request body: an upload of 36,700,160 bytes in base64url with JSON around it.</summary>
    public const long RequestBytes = 52_428_800;

    /// <summary>Largest raw message of a draft (discovery document).</summary>
    public const int DraftBytes = 36_700_160;

    /// <summary>Calls in one batch ("Batching requests").</summary>
    public const int BatchCalls = 100;

    /// <summary>Entries on a page of a list.</summary>
    public const int PageSize = 500;

    /// <summary>Nesting of MIME parts that the full format shows.</summary>
    public const int MimeDepth = 30;

    /// <summary>MIME parts that the full format shows.</summary>
    public const int MimeParts = 1_000;

    /// <summary>Message ids that one mail contributes to threading.</summary>
    public const int References = 100;

    /// <summary>User labels of an account.</summary>
    public const int Labels = 10_000;
}
