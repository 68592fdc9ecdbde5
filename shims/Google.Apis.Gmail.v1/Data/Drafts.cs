using System.Collections.Generic;
using Google.Apis.Requests;
using Newtonsoft.Json;

namespace Google.Apis.Gmail.v1.Data;

/// <summary>The API's Draft resource.</summary>
public class Draft : IDirectResponseSchema
{
    /// <summary>The field id.</summary>
    [JsonProperty("id")]
    public virtual string Id { get; set; }

    /// <summary>The field message.</summary>
    [JsonProperty("message")]
    public virtual Message Message { get; set; }

    /// <summary>The answer's ETag.</summary>
    public virtual string ETag { get; set; }
}

/// <summary>The API's ListDraftsResponse resource.</summary>
public class ListDraftsResponse : IDirectResponseSchema
{
    /// <summary>The field drafts.</summary>
    [JsonProperty("drafts")]
    public virtual IList<Draft> Drafts { get; set; }

    /// <summary>The field nextPageToken.</summary>
    [JsonProperty("nextPageToken")]
    public virtual string NextPageToken { get; set; }

    /// <summary>The field resultSizeEstimate.</summary>
    [JsonProperty("resultSizeEstimate")]
    public virtual long? ResultSizeEstimate { get; set; }

    /// <summary>The answer's ETag.</summary>
    public virtual string ETag { get; set; }
}
