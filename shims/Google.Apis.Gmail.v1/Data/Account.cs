using System.Collections.Generic;
using Google.Apis.Requests;
using Newtonsoft.Json;

namespace Google.Apis.Gmail.v1.Data;

/// <summary>The API's Profile resource.</summary>
public class Profile : IDirectResponseSchema
{
    /// <summary>The field emailAddress.</summary>
    [JsonProperty("emailAddress")]
    public virtual string EmailAddress { get; set; }

    /// <summary>The field historyId.</summary>
    [JsonProperty("historyId")]
    public virtual ulong? HistoryId { get; set; }

    /// <summary>The field messagesTotal.</summary>
    [JsonProperty("messagesTotal")]
    public virtual int? MessagesTotal { get; set; }

    /// <summary>The field threadsTotal.</summary>
    [JsonProperty("threadsTotal")]
    public virtual int? ThreadsTotal { get; set; }

    /// <summary>The answer's ETag.</summary>
    public virtual string ETag { get; set; }
}

/// <summary>The API's WatchRequest resource.</summary>
public class WatchRequest : IDirectResponseSchema
{
    /// <summary>The field labelFilterAction.</summary>
    [JsonProperty("labelFilterAction")]
    public virtual string LabelFilterAction { get; set; }

    /// <summary>The field labelFilterBehavior.</summary>
    [JsonProperty("labelFilterBehavior")]
    public virtual string LabelFilterBehavior { get; set; }

    /// <summary>The field labelIds.</summary>
    [JsonProperty("labelIds")]
    public virtual IList<string> LabelIds { get; set; }

    /// <summary>The field topicName.</summary>
    [JsonProperty("topicName")]
    public virtual string TopicName { get; set; }

    /// <summary>The answer's ETag.</summary>
    public virtual string ETag { get; set; }
}

/// <summary>The API's WatchResponse resource.</summary>
public class WatchResponse : IDirectResponseSchema
{
    /// <summary>The field expiration.</summary>
    [JsonProperty("expiration")]
    public virtual long? Expiration { get; set; }

    /// <summary>The field historyId.</summary>
    [JsonProperty("historyId")]
    public virtual ulong? HistoryId { get; set; }

    /// <summary>The answer's ETag.</summary>
    public virtual string ETag { get; set; }
}
