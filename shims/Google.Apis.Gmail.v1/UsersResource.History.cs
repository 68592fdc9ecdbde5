using Google.Apis.Gmail.v1.Data;
using Google.Apis.Services;
using Google.Apis.Util;

namespace Google.Apis.Gmail.v1;

public partial class UsersResource
{
    /// <summary>The history collection.</summary>
    public class HistoryResource
    {
        private readonly IClientService service;

        /// <summary>The resource of this service.</summary>
        public HistoryResource(IClientService service)
        {
            this.service = service;
        }

        /// <summary>Makes the request; nothing is sent before it is executed.</summary>
        public virtual ListRequest List(string userId) => new(service, userId);

        /// <summary>Lists changes.</summary>
        public class ListRequest : GmailBaseServiceRequest<ListHistoryResponse>
        {
            /// <summary>Lists changes.</summary>
            public ListRequest(IClientService service, string userId)
                : base(service)
            {
                UserId = userId;
                InitParameters();
            }

            /// <summary>The path's userId; a userId is an address or <c>me</c>.</summary>
            [RequestParameter("userId", RequestParameterType.Path)]
            public virtual string UserId { get; }

            /// <summary>One kind of change; see <see cref="HistoryTypesList"/> for several.</summary>
            [RequestParameter("historyTypes", RequestParameterType.Query)]
            public virtual HistoryTypesEnum? HistoryTypes { get; set; }

            /// <summary>Only changes of messages with this label.</summary>
            [RequestParameter("labelId", RequestParameterType.Query)]
            public virtual string LabelId { get; set; }

            /// <summary>1 to 500, default 100.</summary>
            [RequestParameter("maxResults", RequestParameterType.Query)]
            public virtual long? MaxResults { get; set; }

            /// <summary>The token of the page to read.</summary>
            [RequestParameter("pageToken", RequestParameterType.Query)]
            public virtual string PageToken { get; set; }

            /// <summary>Required: changes after this id.</summary>
            [RequestParameter("startHistoryId", RequestParameterType.Query)]
            public virtual ulong? StartHistoryId { get; set; }

            /// <summary>Several kinds of change; do not set it together with <see cref="HistoryTypes"/>.</summary>
            [RequestParameter("historyTypes", RequestParameterType.Query)]
            public virtual Repeatable<HistoryTypesEnum> HistoryTypesList { get; set; }

            /// <summary>Kinds of change.</summary>
            public enum HistoryTypesEnum
            {
                /// <summary>messageAdded</summary>
                [StringValue("messageAdded")]
                MessageAdded = 0,

                /// <summary>messageDeleted</summary>
                [StringValue("messageDeleted")]
                MessageDeleted = 1,

                /// <summary>labelAdded</summary>
                [StringValue("labelAdded")]
                LabelAdded = 2,

                /// <summary>labelRemoved</summary>
                [StringValue("labelRemoved")]
                LabelRemoved = 3,
            }

            /// <inheritdoc/>
            public override string MethodName => "list";

            /// <inheritdoc/>
            public override string HttpMethod => "GET";

            /// <inheritdoc/>
            public override string RestPath => "gmail/v1/users/{userId}/history";

            /// <inheritdoc/>
            protected override void InitParameters()
            {
                base.InitParameters();
                AddParameter("userId", "path", required: true);
                AddParameter("historyTypes", "query");
                AddParameter("labelId", "query");
                AddParameter("maxResults", "query");
                AddParameter("pageToken", "query");
                AddParameter("startHistoryId", "query");
            }
        }
    }
}
