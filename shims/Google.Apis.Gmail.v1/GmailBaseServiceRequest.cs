using Google.Apis.Discovery;
using Google.Apis.Requests;
using Google.Apis.Services;
using Google.Apis.Util;

namespace Google.Apis.Gmail.v1;

/// <summary>The base of every Gmail request: the query parameters all methods share.</summary>
public abstract class GmailBaseServiceRequest<TResponse> : ClientServiceRequest<TResponse>
{
    /// <summary>A request of this service.</summary>
    protected GmailBaseServiceRequest(IClientService service)
        : base(service)
    {
    }

    /// <summary>The answer's format.</summary>
    [RequestParameter("alt", RequestParameterType.Query)]
    public virtual AltEnum? Alt { get; set; }

    /// <summary>The answer's format.</summary>
    public enum AltEnum
    {
        /// <summary>JSON.</summary>
        [StringValue("json")]
        Json = 0,

        /// <summary>Media bytes.</summary>
        [StringValue("media")]
        Media = 1,

        /// <summary>Protocol buffer.</summary>
        [StringValue("proto")]
        Proto = 2,
    }

    /// <summary>The partial response mask.</summary>
    [RequestParameter("fields", RequestParameterType.Query)]
    public virtual string Fields { get; set; }

    /// <summary>An API key.</summary>
    [RequestParameter("key", RequestParameterType.Query)]
    public virtual string Key { get; set; }

    /// <summary>Whether the answer is indented.</summary>
    [RequestParameter("prettyPrint", RequestParameterType.Query)]
    public virtual bool? PrettyPrint { get; set; }

    /// <summary>A string of at most 40 characters that stands for the user in quota matters.</summary>
    [RequestParameter("quotaUser", RequestParameterType.Query)]
    public virtual string QuotaUser { get; set; }

    /// <inheritdoc/>
    protected override void InitParameters()
    {
        base.InitParameters();
        AddParameter("alt", "query", defaultValue: "json");
        AddParameter("fields", "query");
        AddParameter("key", "query");
        AddParameter("prettyPrint", "query", defaultValue: "true");
        AddParameter("quotaUser", "query");
    }

    // Not part of the real surface, hence not public: the generated code spells every parameter out.
    private protected void AddParameter(string name, string type, bool required = false, string defaultValue = null) =>
        RequestParameters.Add(name, new Parameter { Name = name, ParameterType = type, IsRequired = required, DefaultValue = defaultValue });
}
