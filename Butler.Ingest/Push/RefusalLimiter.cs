using System.Net;
using System.Threading.RateLimiting;
using Microsoft.Extensions.Options;

namespace Butler.Ingest.Push;

/// <summary>
/// Counts refused requests per address. The address is the connection's, or the right-most X-Forwarded-For entry when the connection is
/// a configured proxy's: entries further left are the caller's own invention.
/// </summary>
internal sealed class RefusalLimiter : IDisposable
{
    /// <summary>Bits of an IPv6 address that name a network; the rest is the owner's to choose.</summary>
    private const int Ipv6Network = 64;

    private static readonly TimeSpan s_minute = TimeSpan.FromMinutes(1);
    private readonly IPNetwork[] _proxies;
    private readonly PartitionedRateLimiter<IPAddress> _limiter;

    public RefusalLimiter(IOptions<PushOptions> options)
    {
        _proxies = [.. options.Value.TrustedProxies.Select(p => PushOptions.TryNetwork(p, out var network) ? network : default)];
        _limiter = PartitionedRateLimiter.Create<IPAddress, IPAddress>(address => RateLimitPartition.GetSlidingWindowLimiter(address, _ => new()
        {
            PermitLimit = options.Value.RefusalsPerMinute,
            Window = s_minute,
            SegmentsPerWindow = 6,
            QueueLimit = 0,
        }));
    }

    public void Dispose() => _limiter.Dispose();

    /// <summary>Counts one refusal. Null: still within the limit; otherwise when to come back.</summary>
    public TimeSpan? Refused(HttpContext http)
    {
        using var lease = _limiter.AttemptAcquire(AddressOf(http));
        return lease.IsAcquired ? null : lease.TryGetMetadata(MetadataName.RetryAfter, out var after) && after > TimeSpan.Zero ? after : s_minute;
    }

    internal IPAddress AddressOf(HttpContext http)
    {
        var peer = http.Connection.RemoteIpAddress ?? IPAddress.None;
        peer = peer.IsIPv4MappedToIPv6 ? peer.MapToIPv4() : peer;
        if (_proxies.Any(p => p.Contains(peer)) && http.Request.Headers["X-Forwarded-For"].LastOrDefault()?.Split(',')[^1].Trim() is { Length: > 0 } said
            && (IPAddress.TryParse(said, out var named) || (IPEndPoint.TryParse(said, out var end) && (named = end.Address) is not null)))
        {
            peer = named.IsIPv4MappedToIPv6 ? named.MapToIPv4() : named;
        }

        return peer.AddressFamily == System.Net.Sockets.AddressFamily.InterNetworkV6 ? Network(peer) : peer;
    }

    private static IPAddress Network(IPAddress address)
    {
        var bytes = address.GetAddressBytes();
        bytes.AsSpan(Ipv6Network / 8).Clear();
        return new(bytes);
    }
}
