using System.Text.Json;
using System.Text.Json.Serialization;
using Butler.Data;
using Butler.Messaging;
using Microsoft.Extensions.Options;
using Npgsql;
using NpgsqlTypes;

namespace Butler.Ingest.Accounts;

/// <summary>One account of the sandbox, as its control API tells.</summary>
internal sealed record SandboxAccount([property: JsonPropertyName("address")] string Address, [property: JsonPropertyName("refresh_token")] string RefreshToken, [property: JsonPropertyName("revoked")] bool Revoked = false);

/// <summary>Asks the sandbox for its accounts.</summary>
internal sealed class SandboxAccounts(HttpClient http, IOptions<AccountOptions> options)
{
    public async Task<IReadOnlyList<SandboxAccount>> ListAsync(CancellationToken cancellationToken)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, new Uri(options.Value.Sandbox.Address!, "sandbox/accounts"));
        request.Headers.Add("X-Sandbox-Secret", options.Value.Sandbox.Secret);
        using var response = await http.SendAsync(request, cancellationToken);
        response.EnsureSuccessStatusCode();
        return await response.Content.ReadFromJsonAsync<List<SandboxAccount>>(cancellationToken) ?? [];
    }
}

/// <summary>
/// Connects the sandbox's accounts for the first user, as a person would connect Gmail: it only writes <c>provider_users</c>, and
/// the trigger starts the imports. Without <c>Butler:Sandbox:Address</c> it does nothing.
/// </summary>
internal sealed partial class SandboxConnector(
    IServiceScopeFactory scopes, Database database, CredentialSealer sealer, TimeProvider time, IOptions<AccountOptions> options, ILogger<SandboxConnector> logger) : BackgroundService
{
    private static readonly TimeSpan s_retry = TimeSpan.FromSeconds(1);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (options.Value.Sandbox.Address is not null && !stoppingToken.IsCancellationRequested)
        {
            try
            {
                await ConnectAsync(stoppingToken);
                return;
            }
            catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
            {
                return;
            }
            catch (Exception e) when (Faults.IsOurs(e) || e is HttpRequestException or JsonException or TaskCanceledException)
            {
                LogPostponed(e.GetType().Name);
            }

            await Task.Delay(s_retry, time, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private async Task ConnectAsync(CancellationToken cancellationToken)
    {
        await using var scope = scopes.CreateAsyncScope();
        var accounts = await scope.ServiceProvider.GetRequiredService<SandboxAccounts>().ListAsync(cancellationToken);
        // One that was disconnected is connected again by its owner only.
        var rows = accounts.Where(a => !a.Revoked).Select(a => (Id: Guid.CreateVersion7(), a.Address, Credentials: JsonSerializer.Serialize(new Dictionary<string, string> { ["refresh_token"] = a.RefreshToken }))).ToList();
        var connected = await database.TransactAsync(async connection =>
        {
            var user = await FirstUser.EnsureAsync(connection, cancellationToken);
            await using var command = new NpgsqlCommand("""
                INSERT INTO provider_users (id, app_user_id, provider, address, services, credentials, whole_mailbox)
                SELECT id, $1, 'gmail', address, '{gmail}', credentials, $2 FROM unnest($3::uuid[], $4::text[], $5::bytea[]) AS a(id, address, credentials)
                ORDER BY address ON CONFLICT (provider, address) DO NOTHING
                """, connection);
            command.Parameters.Add(new() { Value = user });
            command.Parameters.Add(new() { Value = options.Value.Sandbox.WholeMailbox });
            command.Parameters.Add(new() { Value = rows.Select(r => r.Id).ToArray() });
            command.Parameters.Add(new() { Value = rows.Select(r => r.Address).ToArray() });
            command.Parameters.Add(new() { Value = rows.Select(r => sealer.Seal(r.Id, r.Credentials)).ToArray(), NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Bytea });
            return await command.ExecuteNonQueryAsync(cancellationToken);
        }, cancellationToken);
        LogConnected(connected, rows.Count);
    }

    [LoggerMessage(2002, LogLevel.Information, "Connected {New} of {All} sandbox accounts")]
    private partial void LogConnected(int @new, int all);

    [LoggerMessage(2003, LogLevel.Information, "The sandbox does not answer yet: {Reason}")]
    private partial void LogPostponed(string reason);
}
