namespace Aspire.StackExchange.Redis;

/// <summary>Settings of <c>AddRedisClient</c>; bound from <c>Aspire:StackExchange:Redis</c>, then <c>Aspire:StackExchange:Redis:{name}</c>.</summary>
public sealed class StackExchangeRedisSettings
{
    /// <summary>The connection string in StackExchange.Redis's form; <c>ConnectionStrings:{name}</c> wins over this one.</summary>
    public string? ConnectionString { get; set; }

    /// <summary>True when no health check is to be registered.</summary>
    public bool DisableHealthChecks { get; set; }

    /// <summary>Read for source compatibility; see the README.</summary>
    public bool DisableTracing { get; set; }

    /// <summary>True to connect on first use only, not when the host starts.</summary>
    public bool DisableAutoActivation { get; set; }
}
