namespace Aspire.Npgsql.EntityFrameworkCore.PostgreSQL;

/// <summary>
/// Settings of <c>AddNpgsqlDbContext</c>; bound from <c>Aspire:Npgsql:EntityFrameworkCore:PostgreSQL</c>,
/// then from the section below it that has the context type's name.
/// </summary>
public sealed class NpgsqlEntityFrameworkCorePostgreSQLSettings
{
    /// <summary>The connection string; <c>ConnectionStrings:{name}</c> wins over this one.</summary>
    public string? ConnectionString { get; set; }

    /// <summary>True to leave <c>EnableRetryOnFailure</c> off; default false as in the real package.</summary>
    public bool DisableRetry { get; set; }

    /// <summary>True when no health check is to be registered.</summary>
    public bool DisableHealthChecks { get; set; }

    /// <summary>Read for source compatibility; see the README.</summary>
    public bool DisableTracing { get; set; }

    /// <summary>Read for source compatibility; see the README.</summary>
    public bool DisableMetrics { get; set; }

    /// <summary>Seconds before a command is given up; null keeps Npgsql's default (30).</summary>
    public int? CommandTimeout { get; set; }
}
