using Google.Apis.Gmail.v1.Data;
using Google.Apis.Services;
using Google.Apis.Util;

namespace Google.Apis.Gmail.v1;

public partial class UsersResource
{
    /// <summary>The drafts collection.</summary>
    public class DraftsResource
    {
        private readonly IClientService service;

        /// <summary>The resource of this service.</summary>
        public DraftsResource(IClientService service)
        {
            this.service = service;
        }

        /// <summary>Makes the request; nothing is sent before it is executed.</summary>
        public virtual CreateRequest Create(Draft body, string userId) => new(service, body, userId);

        /// <summary>Creates a draft.</summary>
        public class CreateRequest : GmailBaseServiceRequest<Draft>
        {
            /// <summary>Creates a draft.</summary>
            public CreateRequest(IClientService service, Draft body, string userId)
                : base(service)
            {
                UserId = userId;
                Body = body;
                InitParameters();
            }

            /// <summary>The path's userId; a userId is an address or <c>me</c>.</summary>
            [RequestParameter("userId", RequestParameterType.Path)]
            public virtual string UserId { get; }

            /// <inheritdoc/>
            public override string MethodName => "create";

            /// <inheritdoc/>
            public override string HttpMethod => "POST";

            /// <inheritdoc/>
            public override string RestPath => "gmail/v1/users/{userId}/drafts";

            private Draft Body { get; }

            /// <inheritdoc/>
            protected override object GetBody() => Body;

            /// <inheritdoc/>
            protected override void InitParameters()
            {
                base.InitParameters();
                AddParameter("userId", "path", required: true);
            }
        }

        /// <summary>Makes the request; nothing is sent before it is executed.</summary>
        public virtual DeleteRequest Delete(string userId, string id) => new(service, userId, id);

        /// <summary>Deletes a draft for good.</summary>
        public class DeleteRequest : GmailBaseServiceRequest<string>
        {
            /// <summary>Deletes a draft for good.</summary>
            public DeleteRequest(IClientService service, string userId, string id)
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

            /// <inheritdoc/>
            public override string MethodName => "delete";

            /// <inheritdoc/>
            public override string HttpMethod => "DELETE";

            /// <inheritdoc/>
            public override string RestPath => "gmail/v1/users/{userId}/drafts/{id}";

            /// <inheritdoc/>
            protected override void InitParameters()
            {
                base.InitParameters();
                AddParameter("userId", "path", required: true);
                AddParameter("id", "path", required: true);
            }
        }

        /// <summary>Makes the request; nothing is sent before it is executed.</summary>
        public virtual GetRequest Get(string userId, string id) => new(service, userId, id);

        /// <summary>Reads a draft.</summary>
        public class GetRequest : GmailBaseServiceRequest<Draft>
        {
            /// <summary>Reads a draft.</summary>
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
            public override string RestPath => "gmail/v1/users/{userId}/drafts/{id}";

            /// <inheritdoc/>
            protected override void InitParameters()
            {
                base.InitParameters();
                AddParameter("userId", "path", required: true);
                AddParameter("id", "path", required: true);
                AddParameter("format", "query");
            }
        }

        /// <summary>Makes the request; nothing is sent before it is executed.</summary>
        public virtual ListRequest List(string userId) => new(service, userId);

        /// <summary>Lists drafts.</summary>
        public class ListRequest : GmailBaseServiceRequest<ListDraftsResponse>
        {
            /// <summary>Lists drafts.</summary>
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
            public override string RestPath => "gmail/v1/users/{userId}/drafts";

            /// <inheritdoc/>
            protected override void InitParameters()
            {
                base.InitParameters();
                AddParameter("userId", "path", required: true);
                AddParameter("includeSpamTrash", "query");
                AddParameter("maxResults", "query");
                AddParameter("pageToken", "query");
                AddParameter("q", "query");
            }
        }

        /// <summary>Makes the request; nothing is sent before it is executed.</summary>
        public virtual UpdateRequest Update(Draft body, string userId, string id) => new(service, body, userId, id);

        /// <summary>Replaces a draft's content.</summary>
        public class UpdateRequest : GmailBaseServiceRequest<Draft>
        {
            /// <summary>Replaces a draft's content.</summary>
            public UpdateRequest(IClientService service, Draft body, string userId, string id)
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
            public override string MethodName => "update";

            /// <inheritdoc/>
            public override string HttpMethod => "PUT";

            /// <inheritdoc/>
            public override string RestPath => "gmail/v1/users/{userId}/drafts/{id}";

            private Draft Body { get; }

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
