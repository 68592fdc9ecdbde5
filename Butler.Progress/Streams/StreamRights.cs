using System.Collections.Concurrent;
using Butler.Data.Ingest;
using Butler.ServiceDefaults.Access;
using Butler.ServiceDefaults.Errors;
using Microsoft.Extensions.Options;
using Npgsql;

namespace Butler.Progress.Streams;

/// <summary>
/// Ends open streams whose right has ended: a token or session revoked, a user removed, a family left. A request is checked once, when it
/// begins; a stream would otherwise outlive its right by hours. All open streams are looked at in one query, every few seconds.
/// </summary>
internal sealed partial class StreamRights(TokenStore tokens, IOptions<ProgressOptions> options, TimeProvider time, ILogger<StreamRights> logger) : BackgroundService
{
    private readonly ConcurrentDictionary<StreamRight, byte> _open = new();

    /// <summary>The caller's right to read an owner's data for as long as a stream lasts; disposed with it.</summary>
    public StreamRight Hold(HttpContext context, Guid owner)
    {
        var token = context.Features.Get<TokenUsed>() ?? throw ApiErrors.Unauthorized();
        var right = new StreamRight(new(token.Kind, token.Hash, Caller.Of(context).UserId, owner), r => _open.TryRemove(r, out _));
        _open[right] = 0;
        return right;
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(options.Value.Recheck, time);
        try
        {
            while (await timer.WaitForNextTickAsync(stoppingToken))
            {
                await CheckAsync(stoppingToken);
            }
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // The service stops, and its streams with it.
        }
    }

    private async Task CheckAsync(CancellationToken cancellationToken)
    {
        StreamRight[] open = [.. _open.Keys];
        if (open.Length == 0)
        {
            return;
        }

        try
        {
            foreach (var (place, tokenEnded) in await tokens.EndedAsync([.. open.Select(r => r.Read)], cancellationToken))
            {
                open[place].End(tokenEnded);
            }
        }
        catch (Exception e) when (e is NpgsqlException or TimeoutException)
        {
            // The database is away, and with it all that a stream could show.
            LogCheckFailed(e.GetType().Name);
        }
    }

    [LoggerMessage(6020, LogLevel.Warning, "The rights of open streams could not be checked, trying again: {Reason}")]
    private partial void LogCheckFailed(string reason);
}

/// <summary>One stream's right.</summary>
internal sealed class StreamRight(LongRead read, Action<StreamRight> leave) : IDisposable
{
    private readonly CancellationTokenSource _lost = new();
    private volatile bool _tokenEnded;

    public LongRead Read { get; } = read;

    /// <summary>Cancelled when the right has ended.</summary>
    public CancellationToken Lost => _lost.Token;

    /// <summary>What a new request would be told.</summary>
    public ApiException Error => _tokenEnded ? ApiErrors.Unauthorized() : ApiErrors.Forbidden();

    public void End(bool tokenEnded)
    {
        _tokenEnded = tokenEnded;
        try
        {
            _lost.Cancel();
        }
        catch (ObjectDisposedException)
        {
            // The stream has just ended by itself.
        }
    }

    public void Dispose()
    {
        leave(this);
        _lost.Dispose();
    }
}
