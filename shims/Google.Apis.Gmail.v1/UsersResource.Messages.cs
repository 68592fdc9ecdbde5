using Google.Apis.Gmail.v1.Data;
using Google.Apis.Services;
using Google.Apis.Util;

namespace Google.Apis.Gmail.v1;

public partial class UsersResource
{
    /// <summary>The messages collection.</summary>
    public class MessagesResource
    {
        private readonly IClientService service;

        /// <summary>The resource of this service.</summary>
        public MessagesResource(IClientService service)
        {
            this.service = service;
        }

        /// <summary>Makes the request; nothing is sent before it is executed.</summary>
        public virtual ListRequest List(string userId) => new(service, userId);

        /// <summary>Lists message ids, newest first.</summary>
        public class ListRequest : GmailBaseServiceRequest<ListMessagesResponse>
        {
            /// <summary>Lists message ids, newest first.</summary>
            public ListRequest(IClientService service, string userId)
                : base(service)
            {
                UserId = userId;
                InitParameters();
            }

            /// <summary>The path's userId; a userId is an address or <c>me</c>.</summary>
            [RequestParameter("userId", RequestParameterType.Path)]
            public virtual string UserId { get; }

            /// <summary>Whether Spam and Trash are listed too.</summary>
            [RequestParameter("includeSpamTrash", RequestParameterType.Query)]
            public virtual bool? IncludeSpamTrash { get; set; }

            /// <summary>All of these labels must be there.</summary>
            [RequestParameter("labelIds", RequestParameterType.Query)]
            public virtual Repeatable<string> LabelIds { get; set; }

            /// <summary>1 to 500, default 100.</summary>
            [RequestParameter("maxResults", RequestParameterType.Query)]
            public virtual long? MaxResults { get; set; }

            /// <summary>The token of the page to read.</summary>
            [RequestParameter("pageToken", RequestParameterType.Query)]
            public virtual string PageToken { get; set; }

            /// <summary>A Gmail search.</summary>
            [RequestParameter("q", RequestParameterType.Query)]
            public virtual string Q { get; set; }

            /// <inheritdoc/>
            public override string MethodName => "list";

            /// <inheritdoc/>
            public override string HttpMethod => "GET";

            /// <inheritdoc/>
            public override string RestPath => "gmail/v1/users/{userId}/messages";

            /// <inheritdoc/>
            protected override void InitParameters()
            {
                base.InitParameters();
                AddParameter("userId", "path", required: true);
                AddParameter("includeSpamTrash", "query");
                AddParameter("labelIds", "query");
                AddParameter("maxResults", "query");
                AddParameter("pageToken", "query");
                AddParameter("q", "query");
            }
        }

        /// <summary>Makes the request; nothing is sent before it is executed.</summary>
        public virtual GetRequest Get(string userId, string id) => new(service, userId, id);

        /// <summary>Reads a message.</summary>
        public class GetRequest : GmailBaseServiceRequest<Message>
        {
            /// <summary>Reads a message.</summary>
            public GetRequest(IClientService service, string userId, string id)
                : base(service)
            {
                UserId = userId;
                Id = id;
                InitParameters();
            }

            /// <summary>The path's userId; a userId is an address or <c>me</c>.</summary>
            [RequestParameter("userId", RequestParameterType.Path)]
            public virtual string UserId { get; }

            /// <summary>The path's id; a userId is an address or <c>me</c>.</summary>
            [RequestParameter("id", RequestParameterType.Path)]
            public virtual string Id { get; }

            /// <summary>How much is returned.</summary>
            [RequestParameter("format", RequestParameterType.Query)]
            public virtual FormatEnum? Format { get; set; }

            /// <summary>The headers returned with metadata.</summary>
            [RequestParameter("metadataHeaders", RequestParameterType.Query)]
            public virtual Repeatable<string> MetadataHeaders { get; set; }

            /// <summary>How much of the message is returned.</summary>
            public enum FormatEnum
            {
                /// <summary>minimal</summary>
                [StringValue("minimal")]
                Minimal = 0,

                /// <summary>full</summary>
                [StringValue("full")]
                Full = 1,

                /// <summary>raw</summary>
                [StringValue("raw")]
                Raw = 2,

                /// <summary>metadata</summary>
                [StringValue("metadata")]
                Metadata = 3,
            }

            /// <inheritdoc/>
            public override string MethodName => "get";

            /// <inheritdoc/>
            public override string HttpMethod => "GET";

            /// <inheritdoc/>
            public override string RestPath => "gmail/v1/users/{userId}/messages/{id}";

            /// <inheritdoc/>
            protected override void InitParameters()
            {
                base.InitParameters();
                AddParameter("userId", "path", required: true);
                AddParameter("id", "path", required: true);
                AddParameter("format", "query");
                AddParameter("metadataHeaders", "query");
            }
        }

        /// <summary>Makes the request; nothing is sent before it is executed.</summary>
        public virtual ModifyRequest Modify(ModifyMessageRequest body, string userId, string id) => new(service, body, userId, id);

        /// <summary>Changes a message's labels.</summary>
        public class ModifyRequest : GmailBaseServiceRequest<Message>
        {
            /// <summary>Changes a message's labels.</summary>
            public ModifyRequest(IClientService service, ModifyMessageRequest body, string userId, string id)
                : base(service)
            {
                UserId = userId;
                Id = id;
                Body = body;
                InitParameters();
            }

            /// <summary>The path's userId; a userId is an address or <c>me</c>.</summary>
            [RequestParameter("userId", RequestParameterType.Path)]
            public virtual string UserId { get; }

            /// <summary>The path's id; a userId is an address or <c>me</c>.</summary>
            [RequestParameter("id", RequestParameterType.Path)]
            public virtual string Id { get; }

            /// <inheritdoc/>
            public override string MethodName => "modify";

            /// <inheritdoc/>
            public override string HttpMethod => "POST";

            /// <inheritdoc/>
            public override string RestPath => "gmail/v1/users/{userId}/messages/{id}/modify";

            private ModifyMessageRequest Body { get; }

            /// <inheritdoc/>
            protected override object GetBody() => Body;

            /// <inheritdoc/>
            protected override void InitParameters()
            {
                base.InitParameters();
                AddParameter("userId", "path", required: true);
                AddParameter("id", "path", required: true);
            }
        }
    }
}
