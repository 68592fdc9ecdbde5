using System.Security.Cryptography;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.AspNetCore.DataProtection.KeyManagement;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;

namespace Butler.Data;

/// <summary>Butler cannot open what is sealed in this database; the message says what to do.</summary>
public sealed class KeyRingException(string message, Exception? inner = null) : Exception(message, inner);

/// <summary>
/// The Data Protection key ring in PostgreSQL, each key sealed with the master key (MECHANICS 13). Data Protection itself looks
/// for new keys only once a day, so this class rebuilds its provider when the ring's version has changed, and once at once for a
/// key it does not know.
/// </summary>
public sealed class KeyRing(NpgsqlDataSource dataSource, MasterKeyCipher master) : IDisposable
{
    private const string CanaryText = "This ring opens.";
    private static readonly TimeSpan s_life = TimeSpan.FromDays(365 * 100);
    private readonly Lock _gate = new();
    private volatile Built? _built;

    /// <summary>The version of the ring that is in use here; 0 before it was read.</summary>
    public long Version => _built?.Version ?? 0;

    /// <summary>A protector for a purpose and the thing it is for.</summary>
    public IDataProtector Protector(string purpose, Guid owner) => Provider(0).CreateProtector(purpose, owner.ToString("N"));

    /// <summary>Opens a sealed value; a key that is not known here causes one look into the database.</summary>
    /// <exception cref="CryptographicException">Wrong key, wrong purpose, or damaged bytes.</exception>
    public byte[] Open(byte[] sealedBytes, string purpose, Guid owner)
    {
        ArgumentNullException.ThrowIfNull(sealedBytes);
        var built = Current();
        try
        {
            return built.Provider.CreateProtector(purpose, owner.ToString("N")).Unprotect(sealedBytes);
        }
        catch (CryptographicException) when (CredentialSealer.KeyOf(sealedBytes) is { } key && !built.Keys.Contains(key) && ReadVersion() > built.Version)
        {
            return Provider(built.Version + 1).CreateProtector(purpose, owner.ToString("N")).Unprotect(sealedBytes);
        }
    }

    /// <summary>Takes a newer version of the ring into use, if there is one.</summary>
    public void Refresh()
    {
        if (_built is { } built && ReadVersion() is { } version && version > built.Version)
        {
            Provider(version);
        }
    }

    /// <summary>Whether the ring is there.</summary>
    public async Task<bool> ExistsAsync(CancellationToken cancellationToken)
    {
        await using var command = dataSource.CreateCommand("SELECT EXISTS (SELECT FROM key_ring)");
        return await command.ExecuteScalarAsync(cancellationToken) is true;
    }

    /// <summary>
    /// Makes the first key and the canary when neither exists. Only the migrating Ingest calls it, under its lock. Sealed
    /// credentials without a canary are accepted only when this very master key opens them (the first release had no ring).
    /// </summary>
    /// <exception cref="KeyRingException">There is something sealed that this master key does not open.</exception>
    public async Task CreateAsync(CancellationToken cancellationToken)
    {
        if (await ExistsAsync(cancellationToken))
        {
            return;
        }

        await CheckFirstReleaseAsync(cancellationToken);
        AddKey();
        // Data Protection reads its keys before there is a version to compare: this one names it.
        var fresh = Build(1);
        var canary = fresh.Provider.CreateProtector("canary").Protect(System.Text.Encoding.UTF8.GetBytes(CanaryText));
        await using var command = dataSource.CreateCommand("INSERT INTO key_ring (version, canary) VALUES (1, $1) ON CONFLICT (one) DO NOTHING");
        command.Parameters.Add(new() { Value = canary });
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    /// <summary>Opens the canary.</summary>
    /// <exception cref="KeyRingException">It does not open: the master key is not the one this database was set up with.</exception>
    public async Task CheckAsync(CancellationToken cancellationToken)
    {
        await using var command = dataSource.CreateCommand("SELECT canary FROM key_ring");
        var canary = await command.ExecuteScalarAsync(cancellationToken) as byte[]
            ?? throw new KeyRingException("This database has no key ring. Start Ingest first; it makes one.");
        try
        {
            Current().Provider.CreateProtector("canary").Unprotect(canary);
        }
        catch (Exception e) when (e is CryptographicException or InvalidOperationException)
        {
            throw new KeyRingException(
                "The master key does not open what is sealed in this database. Start Butler with the key it was set up with: Butler:MasterKey (32 bytes in base64), "
                + "Butler:MasterKeyFile or Butler:MasterKeyVault. If that key is lost, docs/security.md says how to begin a new ring; every mailbox must then be connected again.", e);
        }
    }

    /// <summary>Adds a key, which seals from now on, and raises the version so that every service looks. Answers the key's id.</summary>
    internal Guid AddKey()
    {
        using var services = Services();
        var now = services.GetRequiredService<TimeProvider>().GetUtcNow();
        return services.GetRequiredService<IKeyManager>().CreateNewKey(now, now + s_life).KeyId;
    }

    /// <summary>Seals the canary with the newest key.</summary>
    internal byte[] SealCanary() => Current().Provider.CreateProtector("canary").Protect(System.Text.Encoding.UTF8.GetBytes(CanaryText));

    /// <inheritdoc />
    public void Dispose() => _built?.Services.Dispose();

    private Built Current() => _built ?? Take(0);

    private IDataProtectionProvider Provider(long atLeast) => (_built is { } built && built.Version >= atLeast ? built : Take(atLeast)).Provider;

    private Built Take(long atLeast)
    {
        lock (_gate)
        {
            if (_built is { } built && built.Version >= atLeast)
            {
                return built;
            }

            // The version is read before the keys: a key added in between is found again at the next look.
            return _built = Build(ReadVersion());
        }
    }

    private Built Build(long version)
    {
        var services = Services();
        var keys = services.GetRequiredService<IKeyManager>().GetAllKeys().Select(k => k.KeyId).ToHashSet();
        return new(version, services.GetRequiredService<IDataProtectionProvider>(), keys, services);
    }

    private ServiceProvider Services()
    {
        var services = new ServiceCollection();
        services.AddSingleton(TimeProvider.System);
        services.AddSingleton(master);
        services.AddDataProtection(o => o.ApplicationDiscriminator = "butler").DisableAutomaticKeyGeneration();
        services.Configure<KeyManagementOptions>(o =>
        {
            o.XmlRepository = new KeyRows(dataSource);
            o.XmlEncryptor = new MasterKeyXmlEncryptor(master);
        });
        return services.BuildServiceProvider();
    }

    private long ReadVersion()
    {
        using var command = dataSource.CreateCommand("SELECT version FROM key_ring");
        return command.ExecuteScalar() as long? ?? 0;
    }

    private async Task CheckFirstReleaseAsync(CancellationToken cancellationToken)
    {
        await using var command = dataSource.CreateCommand("SELECT id, credentials FROM provider_users WHERE credentials IS NOT NULL");
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        while (await reader.ReadAsync(cancellationToken))
        {
            try
            {
                master.Open(reader.GetGuid(0), reader.GetFieldValue<byte[]>(1));
            }
            catch (CryptographicException e)
            {
                throw new KeyRingException(
                    "This database holds sealed credentials but no key ring that opens them, and the master key given does not either. Start Butler with the master key it was set up with "
                    + "(Butler:MasterKey, Butler:MasterKeyFile or Butler:MasterKeyVault), or restore the tables key_ring and data_protection_keys from the same backup as the rest.", e);
            }
        }
    }

    private sealed record Built(long Version, IDataProtectionProvider Provider, HashSet<Guid> Keys, ServiceProvider Services);
}
