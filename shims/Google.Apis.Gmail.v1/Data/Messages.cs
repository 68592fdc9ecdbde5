using System.Collections.Generic;
using Google.Apis.Requests;
using Newtonsoft.Json;

namespace Google.Apis.Gmail.v1.Data;

/// <summary>The API's Message resource.</summary>
public class Message : IDirectResponseSchema
{
    /// <summary>The field historyId.</summary>
    [JsonProperty("historyId")]
    public virtual ulong? HistoryId { get; set; }

    /// <summary>The field id.</summary>
    [JsonProperty("id")]
    public virtual string Id { get; set; }

    /// <summary>The field internalDate.</summary>
    [JsonProperty("internalDate")]
    public virtual long? InternalDate { get; set; }

    /// <summary>The field labelIds.</summary>
    [JsonProperty("labelIds")]
    public virtual IList<string> LabelIds { get; set; }

    /// <summary>The field payload.</summary>
    [JsonProperty("payload")]
    public virtual MessagePart Payload { get; set; }

    /// <summary>The field raw.</summary>
    [JsonProperty("raw")]
    public virtual string Raw { get; set; }

    /// <summary>The field sizeEstimate.</summary>
    [JsonProperty("sizeEstimate")]
    public virtual int? SizeEstimate { get; set; }

    /// <summary>The field snippet.</summary>
    [JsonProperty("snippet")]
    public virtual string Snippet { get; set; }

    /// <summary>The field threadId.</summary>
    [JsonProperty("threadId")]
    public virtual string ThreadId { get; set; }

    /// <summary>The answer's ETag.</summary>
    public virtual string ETag { get; set; }
}

/// <summary>The API's MessagePart resource.</summary>
public class MessagePart : IDirectResponseSchema
{
    /// <summary>The field body.</summary>
    [JsonProperty("body")]
    public virtual MessagePartBody Body { get; set; }

    /// <summary>The field filename.</summary>
    [JsonProperty("filename")]
    public virtual string Filename { get; set; }

    /// <summary>The field headers.</summary>
    [JsonProperty("headers")]
    public virtual IList<MessagePartHeader> Headers { get; set; }

    /// <summary>The field mimeType.</summary>
    [JsonProperty("mimeType")]
    public virtual string MimeType { get; set; }

    /// <summary>The field partId.</summary>
    [JsonProperty("partId")]
    public virtual string PartId { get; set; }

    /// <summary>The field parts.</summary>
    [JsonProperty("parts")]
    public virtual IList<MessagePart> Parts { get; set; }

    /// <summary>The answer's ETag.</summary>
    public virtual string ETag { get; set; }
}

/// <summary>The API's MessagePartBody resource.</summary>
public class MessagePartBody : IDirectResponseSchema
{
    /// <summary>The field attachmentId.</summary>
    [JsonProperty("attachmentId")]
    public virtual string AttachmentId { get; set; }

    /// <summary>The field data.</summary>
    [JsonProperty("data")]
    public virtual string Data { get; set; }

    /// <summary>The field size.</summary>
    [JsonProperty("size")]
    public virtual int? Size { get; set; }

    /// <summary>The answer's ETag.</summary>
    public virtual string ETag { get; set; }
}

/// <summary>The API's MessagePartHeader resource.</summary>
public class MessagePartHeader : IDirectResponseSchema
{
    /// <summary>The field name.</summary>
    [JsonProperty("name")]
    public virtual string Name { get; set; }

    /// <summary>The field value.</summary>
    [JsonProperty("value")]
    public virtual string Value { get; set; }

    /// <summary>The answer's ETag.</summary>
    public virtual string ETag { get; set; }
}

/// <summary>The API's ListMessagesResponse resource.</summary>
public class ListMessagesResponse : IDirectResponseSchema
{
    /// <summary>The field messages.</summary>
    [JsonProperty("messages")]
    public virtual IList<Message> Messages { get; set; }

    /// <summary>The field nextPageToken.</summary>
    [JsonProperty("nextPageToken")]
    public virtual string NextPageToken { get; set; }

    /// <summary>The field resultSizeEstimate.</summary>
    [JsonProperty("resultSizeEstimate")]
    public virtual long? ResultSizeEstimate { get; set; }

    /// <summary>The answer's ETag.</summary>
    public virtual string ETag { get; set; }
}

/// <summary>The API's ModifyMessageRequest resource.</summary>
public class ModifyMessageRequest : IDirectResponseSchema
{
    /// <summary>The field addLabelIds.</summary>
    [JsonProperty("addLabelIds")]
    public virtual IList<string> AddLabelIds { get; set; }

    /// <summary>The field removeLabelIds.</summary>
    [JsonProperty("removeLabelIds")]
    public virtual IList<string> RemoveLabelIds { get; set; }

    /// <summary>The answer's ETag.</summary>
    public virtual string ETag { get; set; }
}

/// <summary>The API's Thread resource.</summary>
public class Thread : IDirectResponseSchema
{
    /// <summary>The field historyId.</summary>
    [JsonProperty("historyId")]
    public virtual ulong? HistoryId { get; set; }

    /// <summary>The field id.</summary>
    [JsonProperty("id")]
    public virtual string Id { get; set; }

    /// <summary>The field messages.</summary>
    [JsonProperty("messages")]
    public virtual IList<Message> Messages { get; set; }

    /// <summary>The field snippet.</summary>
    [JsonProperty("snippet")]
    public virtual string Snippet { get; set; }

    /// <summary>The answer's ETag.</summary>
    public virtual string ETag { get; set; }
}
