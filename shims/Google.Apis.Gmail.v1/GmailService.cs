using System.Collections.Generic;
using Google.Apis.Services;

namespace Google.Apis.Gmail.v1;

/// <summary>The Gmail API v1 over Google's own base client.</summary>
public class GmailService : BaseClientService
{
    /// <summary>The API version.</summary>
    public const string Version = "v1";

    /// <summary>A service with default settings.</summary>
    public GmailService()
        : this(new Initializer())
    {
    }

    /// <summary>A service with the initializer's settings; <c>Initializer.BaseUri</c> replaces Google's address.</summary>
    public GmailService(Initializer initializer)
        : base(initializer)
    {
        Users = new UsersResource(this);
        BaseUri = GetEffectiveUri(BaseUriOverride, "https://gmail.googleapis.com/");
        BatchUri = GetEffectiveUri(null, "https://gmail.googleapis.com/batch");
    }

    /// <inheritdoc/>
    public override IList<string> Features => [];

    /// <inheritdoc/>
    public override string Name => "gmail";

    /// <inheritdoc/>
    public override string BaseUri { get; }

    /// <inheritdoc/>
    public override string BasePath => "";

    /// <inheritdoc/>
    public override string BatchUri { get; }

    /// <inheritdoc/>
    public override string BatchPath => "batch";

    /// <summary>The users collection.</summary>
    public virtual UsersResource Users { get; }

    /// <summary>The OAuth 2.0 scopes of the API.</summary>
    public class Scope
    {
        /// <summary>All mail, including permanent deletion.</summary>
        public static string MailGoogleCom = ScopeConstants.MailGoogleCom;

        /// <summary>Drafts and sending.</summary>
        public static string GmailCompose = ScopeConstants.GmailCompose;

        /// <summary>Labels.</summary>
        public static string GmailLabels = ScopeConstants.GmailLabels;

        /// <summary>Headers and labels, no bodies, no search.</summary>
        public static string GmailMetadata = ScopeConstants.GmailMetadata;

        /// <summary>Read, label, draft, send; no permanent deletion.</summary>
        public static string GmailModify = ScopeConstants.GmailModify;

        /// <summary>Read only.</summary>
        public static string GmailReadonly = ScopeConstants.GmailReadonly;
    }

    /// <summary>The same scopes as constants.</summary>
    public static class ScopeConstants
    {
        /// <summary>All mail, including permanent deletion.</summary>
        public const string MailGoogleCom = "https://mail.google.com/";

        /// <summary>Drafts and sending.</summary>
        public const string GmailCompose = "https://www.googleapis.com/auth/gmail.compose";

        /// <summary>Labels.</summary>
        public const string GmailLabels = "https://www.googleapis.com/auth/gmail.labels";

        /// <summary>Headers and labels, no bodies, no search.</summary>
        public const string GmailMetadata = "https://www.googleapis.com/auth/gmail.metadata";

        /// <summary>Read, label, draft, send; no permanent deletion.</summary>
        public const string GmailModify = "https://www.googleapis.com/auth/gmail.modify";

        /// <summary>Read only.</summary>
        public const string GmailReadonly = "https://www.googleapis.com/auth/gmail.readonly";
    }
}
