using System.Text;
using Butler.Data.Ingest;
using Microsoft.EntityFrameworkCore;

namespace Butler.Data;

/// <summary>
/// Butler's one EF Core model: people, accounts, syncs, tasks. The hot paths (ledger, contents, outbox) use Npgsql
/// directly through the named classes of this project.
/// </summary>
public sealed class ButlerContext(DbContextOptions<ButlerContext> options) : DbContext(options)
{
    /// <summary>Families.</summary>
    public DbSet<Family> Families => Set<Family>();

    /// <summary>People who use Butler.</summary>
    public DbSet<AppUser> AppUsers => Set<AppUser>();

    /// <summary>Bearer tokens, sign-in codes and sessions, hashed.</summary>
    public DbSet<ApiToken> ApiTokens => Set<ApiToken>();

    /// <summary>Connected accounts.</summary>
    public DbSet<ProviderUser> ProviderUsers => Set<ProviderUser>();

    /// <summary>Syncs.</summary>
    public DbSet<SyncJob> SyncJobs => Set<SyncJob>();

    /// <summary>Dead letters.</summary>
    public DbSet<FailedTask> FailedTasks => Set<FailedTask>();

    /// <summary>Task ids handed out.</summary>
    public DbSet<ButlerTask> Tasks => Set<ButlerTask>();

    /// <summary>What users should be told.</summary>
    public DbSet<UserEvent> UserEvents => Set<UserEvent>();

    /// <inheritdoc />
    protected override void OnModelCreating(ModelBuilder modelBuilder)
    {
        modelBuilder.Entity<Family>().ToTable("families");
        modelBuilder.Entity<AppUser>().ToTable("app_users");
        modelBuilder.Entity<ApiToken>().ToTable("api_tokens");
        modelBuilder.Entity<ProviderUser>().ToTable("provider_users");
        modelBuilder.Entity<SyncJob>(e =>
        {
            e.ToTable("sync_jobs");
            e.Property(j => j.Details).HasColumnType("jsonb");
        });
        modelBuilder.Entity<FailedTask>(e =>
        {
            e.ToTable("failed_tasks");
            e.Property(t => t.Message).HasColumnType("jsonb");
        });
        modelBuilder.Entity<ButlerTask>().ToTable("tasks");
        modelBuilder.Entity<UserEvent>().ToTable("user_events");

        foreach (var property in modelBuilder.Model.GetEntityTypes().SelectMany(e => e.GetProperties()))
        {
            property.SetColumnName(SnakeCase(property.Name));
        }
    }

    /// <summary>ProviderUserId → provider_user_id.</summary>
    internal static string SnakeCase(string name)
    {
        var result = new StringBuilder(name.Length + 8);
        foreach (var c in name)
        {
            if (char.IsUpper(c) && result.Length > 0)
            {
                result.Append('_');
            }

            result.Append(char.ToLowerInvariant(c));
        }

        return result.ToString();
    }
}
