namespace Aspire.Npgsql;

/// <summary>Settings of <c>AddNpgsqlDataSource</c>; bound from <c>Aspire:Npgsql</c>, then <c>Aspire:Npgsql:{name}</c>.</summary>
public sealed class NpgsqlSettings
{
    /// <summary>The connection string; <c>ConnectionStrings:{name}</c> wins over this one.</summary>
    public string? ConnectionString { get; set; }

    /// <summary>True when no health check is to be registered.</summary>
    public bool DisableHealthChecks { get; set; }

    /// <summary>Read for source compatibility; see the README.</summary>
    public bool DisableTracing { get; set; }

    /// <summary>Read for source compatibility; see the README.</summary>
    public bool DisableMetrics { get; set; }
}
