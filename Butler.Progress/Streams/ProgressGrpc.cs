using System.Text.Json;
using Butler.Progress.Reads;
using Butler.Progress.V1;
using Butler.ServiceDefaults.Access;
using Butler.ServiceDefaults.Errors;
using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using Microsoft.Extensions.Options;
using Npgsql;

namespace Butler.Progress.Streams;

/// <summary>butler.progress.v1.Progress. The bearer token comes as <c>authorization</c> metadata, so the service's authentication has checked it.</summary>
internal sealed partial class ProgressGrpc(
    ProgressHub hub, SyncReader syncs, PeopleReader people, ReadGuard guard, StreamRights rights, FinishEstimator estimator, IOptions<ProgressOptions> options, TimeProvider time,
    IHostApplicationLifetime lifetime, ILogger<ProgressGrpc> logger)
    : V1.Progress.ProgressBase
{
    public override Task Watch(WatchRequest request, IServerStreamWriter<SyncProgress> responseStream, ServerCallContext context) =>
        GuardAsync(context, async caller =>
        {
            if (request.AfterVersion < 0)
            {
                throw new RpcException(new Status(StatusCode.InvalidArgument, "after_version must not be negative."));
            }

            if (hub.IsFull)
            {
                throw new RpcException(new Status(StatusCode.ResourceExhausted, "Too many streams are open; try again later."));
            }

            using var limit = options.Value.StreamLimit is { } most ? new CancellationTokenSource(most, time) : new CancellationTokenSource();
            var (subscribed, owner) = await SubscribeAsync(caller, request, context.CancellationToken);
            using var watcher = subscribed;
            using var right = rights.Hold(context.GetHttpContext(), owner);
            using var ending = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, context.CancellationToken, lifetime.ApplicationStopping, right.Lost);
            try
            {
                await foreach (var snapshot in watcher.ReadAsync(ending.Token))
                {
                    if (!await guard.StillReadsAsync(caller, snapshot.AppUserId, ending.Token))
                    {
                        throw ApiErrors.Forbidden();
                    }

                    await responseStream.WriteAsync(Message(snapshot), ending.Token);
                }
            }
            catch (OperationCanceledException) when (right.Lost.IsCancellationRequested)
            {
                throw right.Error;
            }
            catch (OperationCanceledException) when (limit.IsCancellationRequested && !context.CancellationToken.IsCancellationRequested)
            {
                // The deployment's stream limit: OK, and the client resumes after the last version it has.
            }
            catch (OperationCanceledException) when (lifetime.ApplicationStopping.IsCancellationRequested)
            {
                throw new RpcException(new Status(StatusCode.Unavailable, "The service is stopping; connect again."));
            }

            return true;
        });

    public override Task<SyncProgress> Get(GetRequest request, ServerCallContext context) =>
        GuardAsync(context, async caller => Message(await VisibleAsync(caller, Id("sync_id", request.SyncId), context.CancellationToken)));

    public override Task<ListResponse> List(ListRequest request, ServerCallContext context) =>
        GuardAsync(context, async caller =>
        {
            if (request.Limit is < 0 or > 100)
            {
                throw new RpcException(new Status(StatusCode.InvalidArgument, "limit must be from 1 to 100."));
            }

            var user = await people.RequireReadableAsync(caller, Id("user_id", request.UserId), context.CancellationToken);
            var response = new ListResponse();
            response.Syncs.AddRange((await syncs.HistoryAsync(user.Id, request.Limit == 0 ? 10 : request.Limit, context.CancellationToken)).Select(Message));
            return response;
        });

    // Subscribed before the snapshot is read, so that no change falls between the two (MECHANICS 10).
    private async Task<(ProgressWatcher Watcher, Guid Owner)> SubscribeAsync(Caller caller, WatchRequest request, CancellationToken cancellationToken)
    {
        ProgressWatcher watcher;
        switch (request.TargetCase)
        {
            case WatchRequest.TargetOneofCase.SyncId:
                var syncId = Id("sync_id", request.SyncId);
                watcher = hub.WatchSync(syncId, request.AfterVersion);
                break;
            case WatchRequest.TargetOneofCase.UserId:
                var user = await people.RequireReadableAsync(caller, Id("user_id", request.UserId), cancellationToken);
                // Versions count per sync: over several syncs after_version says nothing, so the current snapshots come again.
                watcher = hub.WatchUser(user.Id);
                break;
            default:
                throw new RpcException(new Status(StatusCode.InvalidArgument, "Name a sync_id or a user_id."));
        }

        try
        {
            if (watcher.SyncId is { } sync)
            {
                var snapshot = await VisibleAsync(caller, sync, cancellationToken);
                watcher.Offer(snapshot);
                return (watcher, snapshot.AppUserId);
            }

            foreach (var snapshot in await syncs.LatestAsync(watcher.UserId!.Value, cancellationToken))
            {
                watcher.Offer(snapshot);
            }

            return (watcher, watcher.UserId.Value);
        }
        catch
        {
            watcher.Dispose();
            throw;
        }
    }

    private async Task<SyncSnapshot> VisibleAsync(Caller caller, Guid syncId, CancellationToken cancellationToken)
    {
        var snapshot = await syncs.RequireAsync(syncId, cancellationToken);
        await guard.RequireReadAsync(caller, snapshot.AppUserId, snapshot.FamilyId, cancellationToken);
        return snapshot;
    }

    private static Guid Id(string field, string value) => ApiErrors.Id(field, value);

    /// <summary>The one funnel of this service: errors of the API become statuses of gRPC.</summary>
    private async Task<T> GuardAsync<T>(ServerCallContext context, Func<Caller, Task<T>> work)
    {
        try
        {
            return await work(Caller.Of(context.GetHttpContext()));
        }
        catch (ApiException exception)
        {
            throw new RpcException(new Status(
                exception.Status switch
                {
                    401 => StatusCode.Unauthenticated,
                    403 => StatusCode.PermissionDenied,
                    404 => StatusCode.NotFound,
                    503 => StatusCode.Unavailable,
                    _ => StatusCode.InvalidArgument,
                },
                exception.Message));
        }
        catch (Exception exception) when (exception is NpgsqlException { IsTransient: true } or TimeoutException)
        {
            LogUnavailable(exception.GetType().Name);
            throw new RpcException(new Status(StatusCode.Unavailable, "Butler is not ready; try again shortly."));
        }
    }

    private SyncProgress Message(SyncSnapshot job)
    {
        var message = new SyncProgress
        {
            SyncId = job.SyncId.ToString(),
            AppUserId = job.AppUserId.ToString(),
            FamilyId = job.FamilyId?.ToString() ?? "",
            ProviderUserId = job.ProviderUserId.ToString(),
            Type = job.Type,
            Trigger = job.Trigger,
            Status = job.Status,
            Progress = job.Progress,
            TotalKnown = job.TotalKnown,
            Total = job.Total,
            Processed = job.Processed,
            Failed = job.Failed,
            Transactions = job.Transactions,
            Error = job.Error ?? "",
            StartedAt = job.StartedAt?.ToTimestamp(),
            UpdatedAt = job.UpdatedAt.ToTimestamp(),
            Version = job.Version,
        };
        if (estimator.Estimate(job) is { } finish)
        {
            message.EtaLow = finish.Low.ToTimestamp();
            message.EtaHigh = finish.High.ToTimestamp();
        }

        AddDetails(message, job);
        return message;
    }

    private static void AddDetails(SyncProgress message, SyncSnapshot job)
    {
        using (var details = JsonDocument.Parse(job.Details))
        {
            foreach (var property in details.RootElement.EnumerateObject())
            {
                message.Details[property.Name] = property.Value.ToString();
            }
        }

        message.Details["skipped"] = $"{job.Skipped}";
        message.Details["already_known"] = $"{job.AlreadyKnown}";
        message.Details["correlation_id"] = job.CorrelationId.ToString();
        if (job.Months is { } months)
        {
            message.Details["months"] = $"{months}";
        }

        if (job.ErrorCode is { } code)
        {
            message.Details["error_code"] = code;
        }
    }

    [LoggerMessage(6010, LogLevel.Warning, "The database did not answer a gRPC call: {Reason}")]
    private partial void LogUnavailable(string reason);
}
