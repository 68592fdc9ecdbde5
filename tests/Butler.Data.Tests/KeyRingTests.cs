using System.Net;
using System.Security.Cryptography;
using Azure.Core;
using Azure.Core.Pipeline;
using Azure.Security.KeyVault.Secrets;
using Butler.Testing;
using Microsoft.Extensions.Configuration;
using Npgsql;

namespace Butler.Data.Tests;

/// <summary>The ring, its canary, and where the master key comes from (MECHANICS 13).</summary>
public sealed class KeyRingTests
{
    private static readonly byte[] s_master = [.. Enumerable.Range(100, 32).Select(i => (byte)i)];
    private readonly Guid _account = Guid.CreateVersion7();

    [Fact]
    public async Task Create_EmptyDatabase_MakesOneKeyAndACanaryThatOnlyThisMasterKeyOpens()
    {
        await using var source = await EmptyAsync();
        using var master = new MasterKeyCipher(s_master);
        using var ring = new KeyRing(source, master);
        await ring.CreateAsync(CancellationToken.None);
        await ring.CreateAsync(CancellationToken.None);
        await ring.CheckAsync(CancellationToken.None);
        Assert.Equal(1L, await CountAsync(source, "SELECT count(*) FROM data_protection_keys"));
        Assert.Equal(0L, await CountAsync(source, "SELECT count(*) FROM data_protection_keys WHERE xml LIKE '%<value>%'"));

        using var wrong = new MasterKeyCipher([.. s_master.Reverse()]);
        using var closed = new KeyRing(source, wrong);
        var refused = await Assert.ThrowsAsync<KeyRingException>(() => closed.CheckAsync(CancellationToken.None));
        Assert.Contains("Butler:MasterKeyFile", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Create_SealedRowsWithoutACanary_IsRefused()
    {
        await using var source = await EmptyAsync();
        using var master = new MasterKeyCipher(s_master);
        await AddAccountAsync(source, [9, 0xF0, 0xC9, 0xF0, .. new byte[60]]);
        using var ring = new KeyRing(source, master);

        await Assert.ThrowsAsync<KeyRingException>(() => ring.CreateAsync(CancellationToken.None));
        Assert.Equal(0L, await CountAsync(source, "SELECT count(*) FROM data_protection_keys"));
    }

    [Fact]
    public async Task Create_RowsOfTheFirstRelease_AreTakenOverByTheirOwnMasterKeyOnly()
    {
        await using var source = await EmptyAsync();
        using var master = new MasterKeyCipher(s_master);
        var old = master.Seal(_account, "refresh");
        await AddAccountAsync(source, old);
        using (var wrong = new MasterKeyCipher([.. s_master.Reverse()]))
        using (var closed = new KeyRing(source, wrong))
        {
            await Assert.ThrowsAsync<KeyRingException>(() => closed.CreateAsync(CancellationToken.None));
        }

        using var ring = new KeyRing(source, master);
        await ring.CreateAsync(CancellationToken.None);
        Assert.Equal("refresh", new CredentialSealer(ring, master).Open(_account, old));
    }

    [Fact]
    public async Task Seal_AnotherAccountOrDamage_DoesNotOpen()
    {
        await using var source = await EmptyAsync();
        using var master = new MasterKeyCipher(s_master);
        using var ring = new KeyRing(source, master);
        await ring.CreateAsync(CancellationToken.None);
        var sealer = new CredentialSealer(ring, master);
        var bytes = sealer.Seal(_account, "refresh");

        Assert.Equal("refresh", sealer.Open(_account, bytes));
        Assert.NotEqual(bytes, sealer.Seal(_account, "refresh"));
        Assert.ThrowsAny<CryptographicException>(() => sealer.Open(Guid.CreateVersion7(), bytes));
        for (var i = 0; i < bytes.Length; i += 7)
        {
            byte[] damaged = [.. bytes];
            damaged[i] ^= 1;
            Assert.ThrowsAny<CryptographicException>(() => sealer.Open(_account, damaged));
        }
    }

    // Data Protection itself would look for a new key after a day.
    [Fact]
    public async Task Open_KeyAddedByAnotherProcess_IsFoundAtOnce()
    {
        await using var source = await EmptyAsync();
        using var master = new MasterKeyCipher(s_master);
        using var one = new KeyRing(source, master);
        await one.CreateAsync(CancellationToken.None);
        using var two = new KeyRing(source, master);
        var before = new CredentialSealer(two, master).Seal(_account, "old");

        var rotation = new KeyRotation(one, new Database(source));
        var state = await rotation.StartAsync(TimeSpan.Zero, CancellationToken.None);
        Assert.Null(await rotation.StartAsync(TimeSpan.Zero, CancellationToken.None));
        var fresh = new CredentialSealer(one, master).Seal(_account, "new");

        Assert.Equal(state!.Key, CredentialSealer.KeyOf(fresh));
        Assert.NotEqual(state.Key, CredentialSealer.KeyOf(before));
        Assert.Equal("new", new CredentialSealer(two, master).Open(_account, fresh));
        Assert.Equal("old", new CredentialSealer(one, master).Open(_account, before));
    }

    [Fact]
    public void MasterKey_FileThatOthersRead_IsRefused()
    {
        if (OperatingSystem.IsWindows())
        {
            return; // It has no modes.
        }

        var file = Path.Combine(Directory.CreateTempSubdirectory("butler-key").FullName, "master.key");
        File.WriteAllText(file, Convert.ToBase64String(s_master));
        File.SetUnixFileMode(file, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead);
        Assert.Contains("chmod 600", Assert.Throws<KeyRingException>(() => MasterKey.Read(Settings(("Butler:MasterKeyFile", file)))).Message, StringComparison.Ordinal);
        File.SetUnixFileMode(file, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        Assert.Equal(s_master, MasterKey.Read(Settings(("Butler:MasterKeyFile", file))));
        Directory.Delete(Path.GetDirectoryName(file)!, true);
    }

    [Theory]
    [InlineData("Butler:MasterKey", "c2hvcnQ=", "exactly 32 bytes")]
    [InlineData("Butler:MasterKeyFile", "/nowhere/at/all", "does not exist")]
    [InlineData("Butler:MasterKeyVault", "http://vault.example/secrets/a", "address of a secret")]
    [InlineData("Butler:Other", "", "No master key")]
    public void MasterKey_MissingOrWrong_SaysWhatToDo(string key, string value, string says) =>
        Assert.Contains(says, Assert.Throws<KeyRingException>(() => MasterKey.Read(Settings((key, value)))).Message, StringComparison.Ordinal);

    [Fact]
    public void MasterKey_FromKeyVault_IsRead()
    {
        var vault = new Vault($$"""{"value":"{{Convert.ToBase64String(s_master)}}","id":"https://butler.vault.azure.net/secrets/master/1","attributes":{"enabled":true} }""");
        var options = new SecretClientOptions { Transport = new HttpClientTransport(vault), Retry = { MaxRetries = 0 } };
        var settings = Settings(("Butler:MasterKeyVault", "https://butler.vault.azure.net/secrets/master"));

        Assert.Equal(s_master, MasterKey.Read(settings, new Identity(), options));
        Assert.Equal("/secrets/master", vault.Asked.TrimEnd('/'));
        vault.Status = HttpStatusCode.Forbidden;
        Assert.Contains("Key Vault Secrets User", Assert.Throws<KeyRingException>(() => MasterKey.Read(settings, new Identity(), options)).Message, StringComparison.Ordinal);
    }

    private static IConfiguration Settings(params (string Key, string Value)[] values) =>
        new ConfigurationBuilder().AddInMemoryCollection(values.Select(v => KeyValuePair.Create(v.Key, (string?)v.Value))).Build();

    private static async Task<NpgsqlDataSource> EmptyAsync()
    {
        var database = await PostgresFixture.CreateEmptyDatabaseAsync();
        await PostgresFixture.MigrateAsync(database);
        return NpgsqlDataSource.Create(database);
    }

    private async Task AddAccountAsync(NpgsqlDataSource source, byte[] credentials)
    {
        await using var command = source.CreateCommand("""
            WITH u AS (INSERT INTO app_users (id, display_name, role) VALUES ($1, 'P', 'member') RETURNING id)
            INSERT INTO provider_users (id, app_user_id, provider, address, credentials) SELECT $1, id, 'gmail', 'a@example.org', $2 FROM u
            """);
        command.Parameters.Add(new() { Value = _account });
        command.Parameters.Add(new() { Value = credentials });
        await command.ExecuteNonQueryAsync();
    }

    private static async Task<long> CountAsync(NpgsqlDataSource source, string sql)
    {
        await using var command = source.CreateCommand(sql);
        return (long)(await command.ExecuteScalarAsync())!;
    }

    private sealed class Identity : TokenCredential
    {
        public override AccessToken GetToken(TokenRequestContext requestContext, CancellationToken cancellationToken) => new("token", DateTimeOffset.MaxValue);

        public override ValueTask<AccessToken> GetTokenAsync(TokenRequestContext requestContext, CancellationToken cancellationToken) => new(GetToken(requestContext, cancellationToken));
    }

    /// <summary>Key Vault's wire: the first request is challenged, as the real one does.</summary>
    private sealed class Vault(string body) : HttpMessageHandler
    {
        public HttpStatusCode Status { get; set; } = HttpStatusCode.OK;

        public string Asked { get; private set; } = "";

        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken) => Task.FromResult(Send(request, cancellationToken));

        protected override HttpResponseMessage Send(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            if (request.Headers.Authorization is null)
            {
                var challenge = new HttpResponseMessage(HttpStatusCode.Unauthorized) { RequestMessage = request, Content = new ByteArrayContent([]) };
                challenge.Headers.TryAddWithoutValidation("WWW-Authenticate", "Bearer authorization=\"https://login.microsoftonline.com/00000000-0000-0000-0000-000000000001\", resource=\"https://vault.azure.net\"");
                return challenge;
            }

            Asked = request.RequestUri!.AbsolutePath;
            return new(Status) { RequestMessage = request, Content = new StringContent(body, System.Text.Encoding.UTF8, "application/json") };
        }
    }
}
