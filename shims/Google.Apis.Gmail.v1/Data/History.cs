using System.Collections.Generic;
using Google.Apis.Requests;
using Newtonsoft.Json;

namespace Google.Apis.Gmail.v1.Data;

/// <summary>The API's History resource.</summary>
public class History : IDirectResponseSchema
{
    /// <summary>The field id.</summary>
    [JsonProperty("id")]
    public virtual ulong? Id { get; set; }

    /// <summary>The field labelsAdded.</summary>
    [JsonProperty("labelsAdded")]
    public virtual IList<HistoryLabelAdded> LabelsAdded { get; set; }

    /// <summary>The field labelsRemoved.</summary>
    [JsonProperty("labelsRemoved")]
    public virtual IList<HistoryLabelRemoved> LabelsRemoved { get; set; }

    /// <summary>The field messages.</summary>
    [JsonProperty("messages")]
    public virtual IList<Message> Messages { get; set; }

    /// <summary>The field messagesAdded.</summary>
    [JsonProperty("messagesAdded")]
    public virtual IList<HistoryMessageAdded> MessagesAdded { get; set; }

    /// <summary>The field messagesDeleted.</summary>
    [JsonProperty("messagesDeleted")]
    public virtual IList<HistoryMessageDeleted> MessagesDeleted { get; set; }

    /// <summary>The answer's ETag.</summary>
    public virtual string ETag { get; set; }
}

/// <summary>The API's HistoryLabelAdded resource.</summary>
public class HistoryLabelAdded : IDirectResponseSchema
{
    /// <summary>The field labelIds.</summary>
    [JsonProperty("labelIds")]
    public virtual IList<string> LabelIds { get; set; }

    /// <summary>The field message.</summary>
    [JsonProperty("message")]
    public virtual Message Message { get; set; }

    /// <summary>The answer's ETag.</summary>
    public virtual string ETag { get; set; }
}

/// <summary>The API's HistoryLabelRemoved resource.</summary>
public class HistoryLabelRemoved : IDirectResponseSchema
{
    /// <summary>The field labelIds.</summary>
    [JsonProperty("labelIds")]
    public virtual IList<string> LabelIds { get; set; }

    /// <summary>The field message.</summary>
    [JsonProperty("message")]
    public virtual Message Message { get; set; }

    /// <summary>The answer's ETag.</summary>
    public virtual string ETag { get; set; }
}

/// <summary>The API's HistoryMessageAdded resource.</summary>
public class HistoryMessageAdded : IDirectResponseSchema
{
    /// <summary>The field message.</summary>
    [JsonProperty("message")]
    public virtual Message Message { get; set; }

    /// <summary>The answer's ETag.</summary>
    public virtual string ETag { get; set; }
}

/// <summary>The API's HistoryMessageDeleted resource.</summary>
public class HistoryMessageDeleted : IDirectResponseSchema
{
    /// <summary>The field message.</summary>
    [JsonProperty("message")]
    public virtual Message Message { get; set; }

    /// <summary>The answer's ETag.</summary>
    public virtual string ETag { get; set; }
}

/// <summary>The API's ListHistoryResponse resource.</summary>
public class ListHistoryResponse : IDirectResponseSchema
{
    /// <summary>The field history.</summary>
    [JsonProperty("history")]
    public virtual IList<History> History { get; set; }

    /// <summary>The field historyId.</summary>
    [JsonProperty("historyId")]
    public virtual ulong? HistoryId { get; set; }

    /// <summary>The field nextPageToken.</summary>
    [JsonProperty("nextPageToken")]
    public virtual string NextPageToken { get; set; }

    /// <summary>The answer's ETag.</summary>
    public virtual string ETag { get; set; }
}
