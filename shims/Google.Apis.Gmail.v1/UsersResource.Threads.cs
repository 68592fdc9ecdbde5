using Google.Apis.Gmail.v1.Data;
using Google.Apis.Services;
using Google.Apis.Util;

namespace Google.Apis.Gmail.v1;

public partial class UsersResource
{
    /// <summary>The threads collection.</summary>
    public class ThreadsResource
    {
        private readonly IClientService service;

        /// <summary>The resource of this service.</summary>
        public ThreadsResource(IClientService service)
        {
            this.service = service;
        }

        /// <summary>Makes the request; nothing is sent before it is executed.</summary>
        public virtual GetRequest Get(string userId, string id) => new(service, userId, id);

        /// <summary>Reads a thread.</summary>
        public class GetRequest : GmailBaseServiceRequest<Thread>
        {
            /// <summary>Reads a thread.</summary>
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

            /// <summary>How much of each message is returned.</summary>
            public enum FormatEnum
            {
                /// <summary>full</summary>
                [StringValue("full")]
                Full = 0,

                /// <summary>metadata</summary>
                [StringValue("metadata")]
                Metadata = 1,

                /// <summary>minimal</summary>
                [StringValue("minimal")]
                Minimal = 2,
            }

            /// <inheritdoc/>
            public override string MethodName => "get";

            /// <inheritdoc/>
            public override string HttpMethod => "GET";

            /// <inheritdoc/>
            public override string RestPath => "gmail/v1/users/{userId}/threads/{id}";

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
    }
}
