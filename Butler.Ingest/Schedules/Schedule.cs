using Butler.Data;
using Npgsql;

namespace Butler.Ingest.Schedules;

/// <summary>What a schedule does when it is due. Made in a scope of its own for each run; must be safe to run again.</summary>
internal interface IScheduledJob
{
    /// <summary>Runs once. Returns a note for the admin's list (numbers, never mail). An exception is a failed run: the next comes sooner.</summary>
    Task<string?> RunAsync(ScheduledRun run, CancellationToken cancellationToken);
}

/// <summary>One run of a schedule, held by this replica.</summary>
/// <param name="Name">The schedule.</param>
/// <param name="Every">The interval in force.</param>
/// <param name="Forced">An admin asked for it.</param>
/// <param name="StartedAt">By the database's clock.</param>
/// <param name="Claim">The claim's fence.</param>
internal sealed record ScheduledRun(string Name, TimeSpan Every, bool Forced, DateTimeOffset StartedAt, Guid Claim)
{
    /// <summary>
    /// Inside a job's transaction: nobody else can take the schedule over before it ends. Throws <see cref="ScheduleLostException"/>
    /// when somebody has, so that a replica that slept past its lease changes nothing.
    /// </summary>
    public async Task HoldAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand("SELECT 1 FROM schedules WHERE name = $1 AND claim = $2 FOR KEY SHARE", connection)
        {
            Parameters = { new() { Value = Name }, new() { Value = Claim } },
        };
        if (await command.ExecuteScalarAsync(cancellationToken) is null)
        {
            throw new ScheduleLostException(Name);
        }
    }
}

/// <summary>Another replica has taken the schedule over.</summary>
internal sealed class ScheduleLostException(string name) : Exception($"The run of {name} was taken over by another replica.");

/// <summary>A schedule as the code defines it; configuration and admins may change interval and whether it runs.</summary>
/// <param name="Name">Lower case with hyphens; the key everywhere.</param>
/// <param name="Every">The default interval.</param>
/// <param name="What">For admins, in words.</param>
/// <param name="Job">An <see cref="IScheduledJob"/>.</param>
internal sealed record Schedule(string Name, TimeSpan Every, string What, Type Job)
{
    /// <summary>Looks per interval: a schedule that holds per account looks often and takes those whose turn has come.</summary>
    public int Looks { get; init; } = 1;
}

/// <summary>A schedule that holds per account: each account's turn comes once per interval, spread over it.</summary>
/// <param name="Name">The schedule's name.</param>
/// <param name="RunningKinds">Kinds of messages; while one of them is on its way for an account, its turn is skipped.</param>
/// <param name="Message">The message that does the work for one account, given it and a correlation id.</param>
internal sealed record AccountSchedule(string Name, string[] RunningKinds, Func<Guid, Guid, OutgoingMessage> Message);

internal static class ScheduleRegistration
{
    private const int AccountLooks = 30;

    /// <summary>Adds a schedule that runs <typeparamref name="TJob"/> on one replica at a time.</summary>
    public static IServiceCollection AddSchedule<TJob>(this IServiceCollection services, string name, TimeSpan every, string what)
        where TJob : class, IScheduledJob
    {
        services.AddScoped<TJob>();
        return services.AddSingleton(new Schedule(name, every, what, typeof(TJob)));
    }

    /// <summary>
    /// Adds a schedule that sends one message per active account and interval. Accounts are spread over the interval, and an account is
    /// skipped while a message of <paramref name="runningKinds"/> is on its way for it (waiting or being handled).
    /// </summary>
    public static IServiceCollection AddAccountSchedule(
        this IServiceCollection services, string name, TimeSpan every, string what, string[] runningKinds, Func<Guid, Guid, OutgoingMessage> message) =>
        services.AddSingleton(new AccountSchedule(name, runningKinds, message))
            .AddSingleton(new Schedule(name, every, what, typeof(AccountScheduleJob)) { Looks = AccountLooks });
}
