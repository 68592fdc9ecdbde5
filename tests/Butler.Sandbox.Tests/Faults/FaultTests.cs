using System.Net;
using Butler.Sandbox.Faults;
using Butler.Sandbox.Quota;
using Microsoft.Extensions.DependencyInjection;

namespace Butler.Sandbox.Tests.Faults;

public sealed class FaultTests
{
    [Theory]
    [InlineData(FaultKind.Unavailable, 503, "backendError")]
    [InlineData(FaultKind.InternalError, 500, "backendError")]
    [InlineData(FaultKind.Unauthorized, 401, "authError")]
    [InlineData(FaultKind.UserRateLimit, 403, "userRateLimitExceeded")]
    [InlineData(FaultKind.DailyLimit, 403, "dailyLimitExceeded")]
    [InlineData(FaultKind.TooManyRequests, 429, "rateLimitExceeded")]
    [InlineData(FaultKind.NotFound, 404, "notFound")]
    public async Task Fault_Counted_StrikesThatOften(FaultKind kind, int status, string reason)
    {
        await using var host = await SandboxHost.StartAsync(mails: Sample.Many(1));
        host.Faults.Set(new PlainFault(Methods.MessagesGet, kind, Count: 2));
        for (var i = 0; i < 2; i++)
        {
            var error = (await host.GetAsync("messages/" + host.Account.Mails[0].Id, (HttpStatusCode)status)).GetProperty("error");
            Assert.Equal(reason, error.GetProperty("errors")[0].GetProperty("reason").GetString());
        }

        await host.GetAsync("messages/" + host.Account.Mails[0].Id);
    }

    [Theory]
    [InlineData(FaultKind.NotExecutedNoAnswer, 0)]
    [InlineData(FaultKind.ExecutedNoAnswer, 1)]
    [InlineData(FaultKind.CutBody, 1)]
    public async Task Fault_CutConnection_ExecutedOrNot(FaultKind kind, int drafts)
    {
        await using var host = await SandboxHost.StartAsync();
        host.Faults.Set(new PlainFault(Methods.DraftsCreate, kind, Count: 1));
        await Assert.ThrowsAnyAsync<HttpRequestException>(() => host.PostAsync("drafts", Sample.DraftJson(Sample.Mail("d@x"))));
        Assert.Equal(drafts, host.Account.DraftHistory.Count);
    }

    [Fact]
    public async Task Fault_ExecutedLate_DraftAppearsAfterTheClientLeft()
    {
        var clock = new Clock(Sample.Start);
        await using var host = await SandboxHost.StartAsync(clock: clock);
        host.Faults.Set(new PlainFault(Methods.DraftsCreate, FaultKind.ExecutedLate, Count: 1));
        await Assert.ThrowsAnyAsync<HttpRequestException>(() => host.PostAsync("drafts", Sample.DraftJson(Sample.Mail("d@x"))));
        Assert.Empty(host.Account.DraftHistory);
        clock.Move(TimeSpan.FromSeconds(3));
        await host.App.Services.GetRequiredService<LateWork>().WhenDone();
        Assert.Single(host.Account.DraftHistory);
    }

    [Fact]
    public async Task Fault_Hang_LastsUntilTheClientGivesUp()
    {
        await using var host = await SandboxHost.StartAsync();
        host.Faults.Set(new PlainFault(Methods.GetProfile, FaultKind.Hang, Count: 1));
        using var cancel = new CancellationTokenSource();
        var call = host.Http.GetAsync("/gmail/v1/users/me/profile", cancel.Token);
        Assert.NotSame(call, await Task.WhenAny(call, host.GetAsync("labels")));
        await cancel.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => call);
    }

    [Fact]
    public async Task Fault_InvalidGrant_TokenEndpointSaysSo()
    {
        await using var host = await SandboxHost.StartAsync();
        host.Faults.Set(new PlainFault(Methods.Token, FaultKind.InvalidGrant));
        using var form = new FormUrlEncodedContent(new Dictionary<string, string> { ["client_id"] = "c", ["grant_type"] = "refresh_token", ["refresh_token"] = host.Account.RefreshToken });
        using var response = await host.Http.PostAsync("/token", form);
        Assert.Equal("invalid_grant", (await SandboxHost.ReadAsync(response)).GetProperty("error").GetString());
    }

    [Fact]
    public async Task Nasty_Draft_IdChangesMessageIdRewrittenUnknownFieldsDropped()
    {
        await using var host = await SandboxHost.StartAsync(o => (o.Faults.DraftIds, o.Faults.DraftRewrite) = (true, true));
        var first = host.Account.CreateDraft(Sample.Mail("mine@butler", extra: "X-Butler: key\r\n"));
        var text = System.Text.Encoding.UTF8.GetString(first.Mail.Raw());
        Assert.DoesNotContain("mine@butler", text);
        Assert.DoesNotContain("X-Butler", text);
        Assert.Contains("Subject: Hello\r\n", text);
        Assert.EndsWith("\r\n\r\nHi there\r\n", text);
        Assert.NotEqual(first.Id, host.Account.UpdateDraft(first.Id, Sample.Mail("x@y"))!.Id);
    }

    [Fact]
    public async Task Nasty_NewDrafts_SomeAreSavedAgainAtOnce()
    {
        await using var host = await SandboxHost.StartAsync(o => o.Faults.DraftIds = true);
        var answered = new HashSet<string>();
        for (var i = 0; i < 30; i++)
        {
            answered.Add((await host.PostAsync("drafts", Sample.DraftJson(Sample.Mail($"d{i}@x")))).GetProperty("id").GetString()!);
        }

        Assert.Equal(30, host.Account.Drafts.Count);
        Assert.Equal(30, host.Account.DraftHistory.Count(d => d is { Kind: "created", By: "api" }));
        Assert.InRange(host.Account.Drafts.Count(d => answered.Contains(d.Id)), 10, 29);
    }

    [Fact]
    public async Task Nasty_LateExecution_CutCallsAreCarriedOutLater()
    {
        var clock = new Clock(Sample.Start);
        await using var host = await SandboxHost.StartAsync(o => o.Faults.LateExecution = true, clock: clock);
        var cut = 0;
        for (var i = 0; i < 40; i++)
        {
            try
            {
                await host.PostAsync("drafts", Sample.DraftJson(Sample.Mail($"d{i}@x")));
            }
            catch (HttpRequestException)
            {
                cut++;
            }
        }

        Assert.InRange(cut, 1, 39);
        Assert.Equal(40 - cut, host.Account.Drafts.Count);
        clock.Move(TimeSpan.FromSeconds(3));
        await host.App.Services.GetRequiredService<LateWork>().WhenDone();
        Assert.Equal(40, host.Account.Drafts.Count);
    }

    [Fact]
    public async Task Nasty_SlowAccount_AnswersWhenTheClockPassesItsDelay()
    {
        var clock = new Clock(Sample.Start);
        await using var host = await SandboxHost.StartAsync(o => (o.Faults.SlowAccounts, o.Faults.SlowOneIn) = (true, 1), clock: clock);
        var call = host.GetAsync("profile");
        while (clock.Waiting == 0 && !call.IsCompleted)
        {
            await Task.Yield();
        }

        Assert.False(call.IsCompleted);
        clock.Move(TimeSpan.FromSeconds(5));
        await call;
    }

    [Fact]
    public async Task Nasty_HistoryJumpsAndOldDates_BothHappen()
    {
        var clock = new Clock(Sample.Start);
        await using var host = await SandboxHost.StartAsync(o => (o.Faults.HistoryJumps, o.Faults.OldDates) = (true, true), clock: clock);
        var start = host.Account.HistoryId;
        for (var i = 0; i < 20; i++)
        {
            host.Account.Deliver(Sample.Mail($"n{i}@x"));
        }

        Assert.True(host.Account.HistoryId > start + 5_000);
        Assert.InRange(host.Account.Mails.Count(m => m.InternalDate < Sample.Start.AddMinutes(-1).ToUnixTimeMilliseconds()), 1, 19);
    }

    [Fact]
    public async Task Nasty_Seed_ListingStillHoldsEveryOldMailAndPageTokensExpire()
    {
        await using var host = await SandboxHost.StartAsync(o =>
        {
            o.Faults.Seed = 7;
            o.Faults.SlowAccounts = false;
        }, Sample.Many(60));
        var seen = new HashSet<string>();
        var expired = 0;
        for (var token = ""; ;)
        {
            using var response = await host.Http.GetAsync("/gmail/v1/users/me/messages?maxResults=5" + token);
            var page = await SandboxHost.ReadAsync(response);
            if (response.StatusCode == HttpStatusCode.BadRequest)
            {
                expired++;
                token = "";
                continue;
            }

            seen.UnionWith(page.GetProperty("messages").EnumerateArray().Select(m => m.GetProperty("id").GetString()!));
            if (!page.TryGetProperty("nextPageToken", out var next))
            {
                break;
            }

            token = "&pageToken=" + next.GetString();
        }

        Assert.Equal(60, seen.Count);
        Assert.True(expired > 0);
    }

    [Fact]
    public async Task Nasty_PageShift_ArrivalBetweenPagesRepeatsAnId()
    {
        await using var host = await SandboxHost.StartAsync(o => o.Faults.PageShift = true, Sample.Many(6));
        var first = await host.GetAsync("messages?maxResults=3");
        host.Account.Deliver(Sample.Mail("new@x"));
        var second = await host.GetAsync("messages?maxResults=3&pageToken=" + first.GetProperty("nextPageToken").GetString());
        Assert.Equal(first.GetProperty("messages")[2].GetProperty("id").GetString(), second.GetProperty("messages")[0].GetProperty("id").GetString());
    }

    [Fact]
    public async Task Nasty_SearchLag_NewMailShowsWithQLaterWithoutQAtOnce()
    {
        var clock = new Clock(Sample.Start);
        await using var host = await SandboxHost.StartAsync(o => o.Faults.SearchLag = true, clock: clock);
        for (var i = 0; i < 64; i++)
        {
            host.Account.Deliver(Sample.Mail($"n{i}@x"));
        }

        async Task<int> Count(string q) => (await host.GetAsync("messages?maxResults=500" + q)).TryGetProperty("messages", out var m) ? m.GetArrayLength() : 0;
        Assert.Equal(64, await Count(""));
        Assert.InRange(await Count("&q=in:inbox"), 0, 16);
        clock.Move(TimeSpan.FromSeconds(31));
        Assert.InRange(await Count("&q=in:inbox"), 48, 63);
    }

    [Fact]
    public async Task Quota_Enforced_UserRateLimitThenRefilled()
    {
        var clock = new Clock(Sample.Start);
        await using var host = await SandboxHost.StartAsync(o => (o.Quota.Enforced, o.Quota.UserUnitsPerMinute) = (true, 40), Sample.Many(1), clock);
        var path = "messages/" + host.Account.Mails[0].Id;
        await host.GetAsync(path);
        await host.GetAsync(path);
        var error = (await host.GetAsync(path, HttpStatusCode.Forbidden)).GetProperty("error");
        Assert.Equal("userRateLimitExceeded", error.GetProperty("errors")[0].GetProperty("reason").GetString());
        clock.Move(TimeSpan.FromSeconds(30));
        await host.GetAsync(path);
    }

    [Theory]
    [InlineData("classic", 5)]
    [InlineData("2026", 20)]
    public async Task Quota_PriceList_UnitsCounted(string list, int units)
    {
        await using var host = await SandboxHost.StartAsync(o => o.Quota.PriceList = list, Sample.Many(1));
        await host.GetAsync("messages/" + host.Account.Mails[0].Id);
        using var response = await host.ControlAsync(HttpMethod.Get, "stats");
        Assert.Equal(units, (await SandboxHost.ReadAsync(response)).GetProperty("units").GetInt64());
    }

    [Fact]
    public async Task Quota_DayUsedUp_DailyLimit()
    {
        await using var host = await SandboxHost.StartAsync(o => (o.Quota.Enforced, o.Quota.DayUnits) = (true, 1));
        await host.GetAsync("profile");
        var error = (await host.GetAsync("profile", HttpStatusCode.Forbidden)).GetProperty("error");
        Assert.Equal("dailyLimitExceeded", error.GetProperty("errors")[0].GetProperty("reason").GetString());
    }
}
