using Aspire.Hosting.ApplicationModel;
using Npgsql;

namespace Aspire.Hosting.Run;

/// <summary>A server that somebody else runs, named by <c>ConnectionStrings:NAME</c>: only its health is watched.</summary>
internal sealed class ExternalRunner(IResourceWithConnectionString resource, RunServices run) : ResourceRunner(resource, run)
{
    private bool _said;

    protected override Task<ChildProcess?> LaunchAsync(CancellationToken cancellationToken) => Task.FromResult<ChildProcess?>(null);

    protected override async Task<bool> CheckAsync(CancellationToken cancellationToken)
    {
        // Redis may be away (Butler runs degraded without it), and its client's string has forms of its own.
        if (resource is not (PostgresServerResource or PostgresDatabaseResource))
        {
            return true;
        }

        try
        {
            await using var connection = new NpgsqlConnection(await PostgresRunner.ConnectionStringAsync(resource, null, cancellationToken));
            await connection.OpenAsync(cancellationToken);
            _said = false;
            return true;
        }
        catch (Exception exception) when (exception is NpgsqlException or TimeoutException)
        {
            if (!_said)
            {
                _said = true;
                Run.Console.Say($"{resource.Name}: the server in 'ConnectionStrings:{resource.Name}' cannot be used: {exception.Message}");
            }

            return false;
        }
    }
}
