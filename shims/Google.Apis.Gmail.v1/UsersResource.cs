using Google.Apis.Gmail.v1.Data;
using Google.Apis.Services;
using Google.Apis.Util;

namespace Google.Apis.Gmail.v1;

/// <summary>The users collection.</summary>
public partial class UsersResource
{
    private readonly IClientService service;

    /// <summary>The resource of this service.</summary>
    public UsersResource(IClientService service)
    {
        this.service = service;
        Drafts = new DraftsResource(service);
        History = new HistoryResource(service);
        Labels = new LabelsResource(service);
        Messages = new MessagesResource(service);
        Threads = new ThreadsResource(service);
    }

    /// <summary>The collection of this name.</summary>
    public virtual DraftsResource Drafts { get; }

    /// <summary>The collection of this name.</summary>
    public virtual HistoryResource History { get; }

    /// <summary>The collection of this name.</summary>
    public virtual LabelsResource Labels { get; }

    /// <summary>The collection of this name.</summary>
    public virtual MessagesResource Messages { get; }

    /// <summary>The collection of this name.</summary>
    public virtual ThreadsResource Threads { get; }

    /// <summary>Makes the request; nothing is sent before it is executed.</summary>
    public virtual GetProfileRequest GetProfile(string userId) => new(service, userId);

    /// <summary>Reads the profile.</summary>
    public class GetProfileRequest : GmailBaseServiceRequest<Profile>
    {
        /// <summary>Reads the profile.</summary>
        public GetProfileRequest(IClientService service, string userId)
            : base(service)
        {
            UserId = userId;
            InitParameters();
        }

        /// <summary>The path's userId; a userId is an address or <c>me</c>.</summary>
        [RequestParameter("userId", RequestParameterType.Path)]
        public virtual string UserId { get; }

        /// <inheritdoc/>
        public override string MethodName => "getProfile";

        /// <inheritdoc/>
        public override string HttpMethod => "GET";

        /// <inheritdoc/>
        public override string RestPath => "gmail/v1/users/{userId}/profile";

        /// <inheritdoc/>
        protected override void InitParameters()
        {
            base.InitParameters();
            AddParameter("userId", "path", required: true);
        }
    }

    /// <summary>Makes the request; nothing is sent before it is executed.</summary>
    public virtual StopRequest Stop(string userId) => new(service, userId);

    /// <summary>Ends push notifications.</summary>
    public class StopRequest : GmailBaseServiceRequest<string>
    {
        /// <summary>Ends push notifications.</summary>
        public StopRequest(IClientService service, string userId)
            : base(service)
        {
            UserId = userId;
            InitParameters();
        }

        /// <summary>The path's userId; a userId is an address or <c>me</c>.</summary>
        [RequestParameter("userId", RequestParameterType.Path)]
        public virtual string UserId { get; }

        /// <inheritdoc/>
        public override string MethodName => "stop";

        /// <inheritdoc/>
        public override string HttpMethod => "POST";

        /// <inheritdoc/>
        public override string RestPath => "gmail/v1/users/{userId}/stop";

        /// <inheritdoc/>
        protected override void InitParameters()
        {
            base.InitParameters();
            AddParameter("userId", "path", required: true);
        }
    }

    /// <summary>Makes the request; nothing is sent before it is executed.</summary>
    public virtual WatchRequest Watch(Data.WatchRequest body, string userId) => new(service, body, userId);

    /// <summary>Starts or renews push notifications.</summary>
    public class WatchRequest : GmailBaseServiceRequest<WatchResponse>
    {
        /// <summary>Starts or renews push notifications.</summary>
        public WatchRequest(IClientService service, Data.WatchRequest body, string userId)
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
        public override string MethodName => "watch";

        /// <inheritdoc/>
        public override string HttpMethod => "POST";

        /// <inheritdoc/>
        public override string RestPath => "gmail/v1/users/{userId}/watch";

        private Data.WatchRequest Body { get; }

        /// <inheritdoc/>
        protected override object GetBody() => Body;

        /// <inheritdoc/>
        protected override void InitParameters()
        {
            base.InitParameters();
            AddParameter("userId", "path", required: true);
        }
    }
}
