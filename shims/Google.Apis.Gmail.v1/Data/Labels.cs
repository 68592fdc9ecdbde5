using System.Collections.Generic;
using Google.Apis.Requests;
using Newtonsoft.Json;

namespace Google.Apis.Gmail.v1.Data;

/// <summary>The API's Label resource.</summary>
public class Label : IDirectResponseSchema
{
    /// <summary>The field id.</summary>
    [JsonProperty("id")]
    public virtual string Id { get; set; }

    /// <summary>The field labelListVisibility.</summary>
    [JsonProperty("labelListVisibility")]
    public virtual string LabelListVisibility { get; set; }

    /// <summary>The field messageListVisibility.</summary>
    [JsonProperty("messageListVisibility")]
    public virtual string MessageListVisibility { get; set; }

    /// <summary>The field messagesTotal.</summary>
    [JsonProperty("messagesTotal")]
    public virtual int? MessagesTotal { get; set; }

    /// <summary>The field messagesUnread.</summary>
    [JsonProperty("messagesUnread")]
    public virtual int? MessagesUnread { get; set; }

    /// <summary>The field name.</summary>
    [JsonProperty("name")]
    public virtual string Name { get; set; }

    /// <summary>The field threadsTotal.</summary>
    [JsonProperty("threadsTotal")]
    public virtual int? ThreadsTotal { get; set; }

    /// <summary>The field threadsUnread.</summary>
    [JsonProperty("threadsUnread")]
    public virtual int? ThreadsUnread { get; set; }

    /// <summary>The field type.</summary>
    [JsonProperty("type")]
    public virtual string Type { get; set; }

    /// <summary>The answer's ETag.</summary>
    public virtual string ETag { get; set; }
}

/// <summary>The API's ListLabelsResponse resource.</summary>
public class ListLabelsResponse : IDirectResponseSchema
{
    /// <summary>The field labels.</summary>
    [JsonProperty("labels")]
    public virtual IList<Label> Labels { get; set; }

    /// <summary>The answer's ETag.</summary>
    public virtual string ETag { get; set; }
}
