using System.Net;
using System.Net.Http.Headers;
using Butler.Data.Ingest;
using Butler.Progress.V1;
using Grpc.Core;

namespace Butler.Services.Tests.Progress;

/// <summary>A stream is open for hours; the right it began with may end before.</summary>
public sealed class StreamRightsTests(ProgressService service) : IClassFixture<ProgressService>
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(60);

    private Butler.Progress.V1.Progress.ProgressClient Client => new(service.Channel);

    [Theory]
    [InlineData("token revoked")]
    [InlineData("token expired")]
    [InlineData("user removed")]
    public async Task Watch_OwnStreamTokenEnded_IsCutWithUnauthenticated(string how)
    {
        var (user, sync) = await PersonAsync();
        var secret = await service.Tokens.CreateBearerAsync(user, "test", CancellationToken.None);
        using var patience = new CancellationTokenSource(s_patience);
        using var call = Client.Watch(
            how == "token revoked" ? new WatchRequest { SyncId = sync.ToString() } : new WatchRequest { UserId = user.ToString() },
            new CallOptions(new Metadata { { "authorization", "Bearer " + secret } }, cancellationToken: patience.Token));
        Assert.True(await call.ResponseStream.MoveNext(patience.Token));

        await EndAsync(how, user, secret);

        Assert.Equal(StatusCode.Unauthenticated, await EndAsync(call, patience.Token));
    }

    [Fact]
    public async Task Watch_FamilyLeft_IsCutWithPermissionDenied()
    {
        var family = Guid.CreateVersion7();
        var (user, sync) = await PersonAsync();
        var (reader, _) = await PersonAsync();
        await service.ExecuteAsync("INSERT INTO families (id, name) VALUES ($1, 'Two')", family);
        await service.ExecuteAsync("UPDATE app_users SET family_id = $1, role = 'family' WHERE id = $2 OR id = $3", family, user, reader);
        using var patience = new CancellationTokenSource(s_patience);
        using var call = Client.Watch(new WatchRequest { SyncId = sync.ToString() }, await service.CallAsync(reader, patience.Token));
        Assert.True(await call.ResponseStream.MoveNext(patience.Token));

        await service.ExecuteAsync("UPDATE app_users SET family_id = NULL, role = 'member' WHERE id = $1", reader);

        // Nothing moves in the sync: an idle stream ends too.
        Assert.Equal(StatusCode.PermissionDenied, await EndAsync(call, patience.Token));
    }

    [Theory]
    [InlineData("token revoked")]
    [InlineData("session ended")]
    [InlineData("user removed")]
    public async Task Events_OwnStreamTokenEnded_EndsAndTheNextIsRefused(string how)
    {
        var (user, sync) = await PersonAsync();
        using var client = service.Anonymous();
        string secret;
        if (how == "session ended")
        {
            secret = (await service.Tokens.ExchangeLinkAsync(await service.Tokens.CreateLinkAsync(user, default), default))!;
            client.DefaultRequestHeaders.Add("Cookie", "butler_session=" + secret);
        }
        else
        {
            secret = await service.Tokens.CreateBearerAsync(user, "test", CancellationToken.None);
            client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", secret);
        }

        using var patience = new CancellationTokenSource(s_patience);
        using var response = await client.GetAsync("/events", HttpCompletionOption.ResponseHeadersRead, patience.Token);
        using var reader = new StreamReader(await response.Content.ReadAsStreamAsync(patience.Token));
        while (await reader.ReadLineAsync(patience.Token) is { } line && line != $"id: {sync}:1")
        {
            // The snapshot first.
        }

        await EndAsync(how, user, secret);

        while (await reader.ReadLineAsync(patience.Token) is not null)
        {
            // What was on its way; then the end.
        }

        using var next = await client.GetAsync("/events", HttpCompletionOption.ResponseHeadersRead, patience.Token);
        Assert.Equal(HttpStatusCode.Unauthorized, next.StatusCode);
    }

    [Fact]
    public async Task Watch_AnotherTokenRevoked_GoesOn()
    {
        var (user, sync) = await PersonAsync();
        var other = await service.Tokens.CreateBearerAsync(user, "other", CancellationToken.None);
        using var patience = new CancellationTokenSource(s_patience);
        using var cut = Client.Watch(new WatchRequest { SyncId = sync.ToString() }, new CallOptions(new Metadata { { "authorization", "Bearer " + other } }, cancellationToken: patience.Token));
        using var call = Client.Watch(new WatchRequest { SyncId = sync.ToString() }, await service.CallAsync(user, patience.Token));
        Assert.True(await cut.ResponseStream.MoveNext(patience.Token));
        Assert.True(await call.ResponseStream.MoveNext(patience.Token));

        await service.Tokens.RevokeAsync(TokenStore.Hash(other), default);

        Assert.Equal(StatusCode.Unauthenticated, await EndAsync(cut, patience.Token));
        await service.FinishAsync(sync);
        Assert.True(await call.ResponseStream.MoveNext(patience.Token));
        Assert.Equal("completed", call.ResponseStream.Current.Status);
    }

    private Task EndAsync(string how, Guid user, string secret) => how switch
    {
        "token expired" => service.ExecuteAsync("UPDATE api_tokens SET expires_at = now() WHERE app_user_id = $1", user),
        "user removed" => service.ExecuteAsync("DELETE FROM app_users WHERE id = $1", user),
        _ => service.Tokens.RevokeAsync(TokenStore.Hash(secret), default),
    };

    private static async Task<StatusCode> EndAsync(AsyncServerStreamingCall<SyncProgress> call, CancellationToken cancellationToken)
    {
        var error = await Assert.ThrowsAsync<RpcException>(async () =>
        {
            while (await call.ResponseStream.MoveNext(cancellationToken))
            {
            }
        });
        return error.StatusCode;
    }

    private async Task<(Guid User, Guid Sync)> PersonAsync()
    {
        var (user, account) = (Guid.CreateVersion7(), Guid.CreateVersion7());
        await service.ExecuteAsync("INSERT INTO app_users (id, display_name, role) VALUES ($1, 'Streaming', 'member')", user);
        return (user, await service.AddSyncAsync(account: account, user: user));
    }
}
