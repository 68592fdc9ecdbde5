using Google.Apis.Gmail.v1.Data;
using Google.Apis.Services;
using Google.Apis.Util;

namespace Google.Apis.Gmail.v1;

public partial class UsersResource
{
    /// <summary>The labels collection.</summary>
    public class LabelsResource
    {
        private readonly IClientService service;

        /// <summary>The resource of this service.</summary>
        public LabelsResource(IClientService service)
        {
            this.service = service;
        }

        /// <summary>Makes the request; nothing is sent before it is executed.</summary>
        public virtual CreateRequest Create(Label body, string userId) => new(service, body, userId);

        /// <summary>Creates a label.</summary>
        public class CreateRequest : GmailBaseServiceRequest<Label>
        {
            /// <summary>Creates a label.</summary>
            public CreateRequest(IClientService service, Label body, string userId)
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
            public override string RestPath => "gmail/v1/users/{userId}/labels";

            private Label Body { get; }

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
        public virtual GetRequest Get(string userId, string id) => new(service, userId, id);

        /// <summary>Reads a label with its counts.</summary>
        public class GetRequest : GmailBaseServiceRequest<Label>
        {
            /// <summary>Reads a label with its counts.</summary>
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

            /// <inheritdoc/>
            public override string MethodName => "get";

            /// <inheritdoc/>
            public override string HttpMethod => "GET";

            /// <inheritdoc/>
            public override string RestPath => "gmail/v1/users/{userId}/labels/{id}";

            /// <inheritdoc/>
            protected override void InitParameters()
            {
                base.InitParameters();
                AddParameter("userId", "path", required: true);
                AddParameter("id", "path", required: true);
            }
        }

        /// <summary>Makes the request; nothing is sent before it is executed.</summary>
        public virtual ListRequest List(string userId) => new(service, userId);

        /// <summary>Lists labels without counts.</summary>
        public class ListRequest : GmailBaseServiceRequest<ListLabelsResponse>
        {
            /// <summary>Lists labels without counts.</summary>
            public ListRequest(IClientService service, string userId)
                : base(service)
            {
                UserId = userId;
                InitParameters();
            }

            /// <summary>The path's userId; a userId is an address or <c>me</c>.</summary>
            [RequestParameter("userId", RequestParameterType.Path)]
            public virtual string UserId { get; }

            /// <inheritdoc/>
            public override string MethodName => "list";

            /// <inheritdoc/>
            public override string HttpMethod => "GET";

            /// <inheritdoc/>
            public override string RestPath => "gmail/v1/users/{userId}/labels";

            /// <inheritdoc/>
            protected override void InitParameters()
            {
                base.InitParameters();
                AddParameter("userId", "path", required: true);
            }
        }
    }
}
