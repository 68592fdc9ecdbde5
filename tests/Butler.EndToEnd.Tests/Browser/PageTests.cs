using System.Net.Http.Json;
using System.Text.Json;
using Butler.EndToEnd.Tests.Running;

namespace Butler.EndToEnd.Tests.Browser;

/// <summary>The page as a person sees it.</summary>
[Collection(SharedButler.Name)]
public sealed class PageTests(SharedButler butler)
{
    private const int Mails = 1200;
    private const string Draft = "document.querySelector('.mail:has(.pill.draft) > a')";

    /// <summary>Where pictures of the pages go; none are taken without it.</summary>
    private static readonly string? s_pictures = Environment.GetEnvironmentVariable("BUTLER_E2E_PICTURES");

    [ChromiumFact]
    public async Task Home_ImportOfANewAccount_BarMovesFrom0To100()
    {
        await using var chromium = await Chromium.StartAsync();
        await chromium.ShowAsync(1280, 900, dark: false);
        await SignInAsync(chromium);
        var address = $"bar-{Guid.NewGuid():N}@sandbox.butler.test";
        var card = $"[...document.querySelectorAll('.account')].find(c => c.querySelector('h3').textContent === '{address}')";
        await chromium.EvaluateAsync<bool>($$"""
            window.seen = [];
            const look = () => { const card = {{card}}; const bar = card && card.querySelector('progress'); if (bar && seen[seen.length - 1] !== bar.value) seen.push(bar.value); };
            new MutationObserver(look).observe(document.body, { subtree: true, childList: true, attributes: true }); true
            """);

        using (var sandbox = new SandboxControl(butler.Run))
        {
            await sandbox.AddAccountAsync(address);
            await NewMail.DeliverAsync(sandbox, address, Mails);

            // Gmail lists nothing until the bar has been seen at its beginning.
            await sandbox.FailAsync("messages.list", "unavailable", address);

            // Ingest connects the sandbox's accounts when it starts.
            await butler.Run.KillAsync("ingest");
            await chromium.UntilAsync($"{card}?.querySelector('[data-field=counts]')?.textContent === 'Looking for mail'");
            await Picture(chromium, "home-begins");
            await sandbox.ClearFaultsAsync();
        }

        await chromium.UntilAsync("seen.some(v => v > 20)");
        await Picture(chromium, "home-running");
        await chromium.UntilAsync($"{card}?.querySelector('[data-field=status]')?.textContent === 'Up to date'");
        var seen = await chromium.EvaluateAsync<double[]>("seen");
        Assert.Equal((0, 100), (seen[0], seen[^1]));
        Assert.Equal(seen.Order(), seen);
        Assert.True(seen.Count(v => v is > 0 and < 100) >= 3, string.Join(' ', seen));
        await chromium.UntilAsync($"{card}?.querySelector('[data-field=counts]')?.textContent.startsWith('1,200 of 1,200')");
        Assert.Empty(chromium.Complaints);
    }

    // With "Referrer-Policy: no-referrer" browsers send "Origin: null" with a page's own forms, and every command was refused; a test
    // without a browser does not see that, nor a form-action policy that stops the way to the consent page.
    [ChromiumFact]
    public async Task ConnectGmail_OnTheConsentPage_ComesBackConnected()
    {
        await using var chromium = await Chromium.StartAsync();
        await chromium.ShowAsync(1280, 900, dark: false);
        await SignInAsync(chromium);
        await chromium.UntilAsync("document.querySelector('form[action=\"/commands/connect\"] button')");
        await chromium.EvaluateAsync<bool>("document.querySelector('form[action=\"/commands/connect\"] button').click(); true");
        await chromium.UntilAsync("location.pathname === '/o/oauth2/v2/auth' && document.querySelector('button[value=allow]')");
        await Picture(chromium, "consent");
        await chromium.EvaluateAsync<bool>("document.querySelector('button[value=allow]').click(); true");
        await chromium.UntilAsync("location.pathname.startsWith('/connect/') && document.querySelector('h1')?.textContent === 'Connected'");
        await Picture(chromium, "connected");
    }

    [ChromiumFact]
    public async Task Mail_WithADraft_ShowsBothSideBySide()
    {
        await using var chromium = await Chromium.StartAsync();
        await chromium.ShowAsync(1280, 900, dark: false);
        await SignInAsync(chromium);
        await chromium.OpenAsync(new(butler.Run.Progress, $"mails?category=needs_reply&account={butler.Account}"));
        await chromium.EvaluateAsync<bool>($"{Draft}.click(); true");
        await chromium.UntilAsync("location.pathname.startsWith('/mail/') && document.readyState === 'complete' && document.querySelector('.paper .text')");

        var mail = await butler.GetAsync("api/v1/mails/" + (await chromium.EvaluateAsync<string>("location.pathname"))["/mail/".Length..]);
        Assert.Equal(mail.GetProperty("subject").GetString(), await chromium.EvaluateAsync<string>("document.querySelector('h1').textContent"));
        Assert.Equal(Words(mail.GetProperty("text")), Words(await chromium.EvaluateAsync<string>("document.querySelector('.letter .text').textContent")));
        Assert.Equal(Words(mail.GetProperty("draft").GetProperty("text")), Words(await chromium.EvaluateAsync<string>("document.querySelector('.paper .text').textContent")));
        Assert.Equal("created", mail.GetProperty("draft").GetProperty("state").GetString());

        // Side by side on a desk, one below the other on a phone.
        const string Boxes = "(() => { const [a, b] = ['.letter', '.paper'].map(s => document.querySelector(s).getBoundingClientRect()); return [a.right, b.left, a.bottom, b.top, a.top]; })()";
        var wide = await chromium.EvaluateAsync<double[]>(Boxes);
        Assert.True(wide[0] <= wide[1] && wide[3] == wide[4], string.Join(' ', wide));
        await chromium.ShowAsync(390, 844, dark: false);
        var narrow = await chromium.EvaluateAsync<double[]>(Boxes);
        Assert.True(narrow[2] <= narrow[3], string.Join(' ', narrow));
        Assert.Empty(chromium.Complaints);
    }

    [ChromiumFact]
    public async Task Transactions_ReceiptOfTheSamples_IsInTheBooksAndMarkedInItsMail()
    {
        await using var chromium = await Chromium.StartAsync();
        await chromium.ShowAsync(1280, 900, dark: false);
        await SignInAsync(chromium);
        await chromium.OpenAsync(new(butler.Run.Progress, "transactions?text=Oakfield"));
        await chromium.UntilAsync("document.querySelector('.money .mail')");
        Assert.Contains("347.00 GBP", await chromium.EvaluateAsync<string>("document.querySelector('.money .sum').textContent"), StringComparison.Ordinal);
        Assert.True(await chromium.EvaluateAsync<bool>("document.querySelectorAll('.chart rect.out').length === 12 && document.querySelectorAll('.chart tbody tr').length === 12"));
        await chromium.EvaluateAsync<bool>("document.querySelector('.money .entry a').click(); true");
        await chromium.UntilAsync("location.pathname.startsWith('/mail/') && document.querySelector('mark')?.textContent === '347.00'");
        Assert.Empty(chromium.Complaints);
    }

    [ChromiumFact]
    public async Task Pages_DeskAndPhoneLightAndDark_FitAndFollow()
    {
        await using var chromium = await Chromium.StartAsync();
        await SignInAsync(chromium);
        var mail = await butler.Run.ScalarAsync<Guid>($"SELECT mail_id FROM replies WHERE state = 'created' AND provider_user_id = '{butler.Account}' ORDER BY mail_id LIMIT 1");
        foreach (var (page, path) in new[] { ("home", ""), ("mails", "mails"), ("mail", $"mail/{mail}"), ("search", "search?q=could+you+send+the+invoice+for+tomorrow%27s+meeting"), ("failures", "failures"), ("transactions", "transactions"), ("review", "transactions?state=review"), ("docs", "docs"), ("people", "people"), ("join", "join#invitation=secret"), ("disconnect", $"accounts/{butler.Account}/disconnect"), ("missing", $"mail/{Guid.Empty}") })
        {
            foreach (var (width, height) in new[] { (1280, 900), (390, 844), (320, 640) })
            {
                foreach (var dark in (bool[])[false, true])
                {
                    await chromium.ShowAsync(width, height, dark);
                    await chromium.OpenAsync(new(butler.Run.Progress, path));
                    await chromium.UntilAsync("!document.body.innerText.includes('Loading…')");
                    await Picture(chromium, $"{page}-{width}-{(dark ? "dark" : "light")}");

                    var wider = await chromium.EvaluateAsync<double>("document.documentElement.scrollWidth - document.documentElement.clientWidth");
                    Assert.True(wider <= 0, $"{page} is {wider} pixels wider than {width}.");
                    var background = await chromium.EvaluateAsync<double>(
                        "Math.max(...getComputedStyle(document.body).backgroundColor.match(/[0-9.]+/g).slice(0, 3).map(Number))");
                    Assert.True(dark == background < 128, $"{page}: background {background}");
                }
            }
        }

        // The page of an unknown mail is answered with 404, and Chromium says so.
        Assert.DoesNotContain(chromium.Complaints, c => !c.Contains("404", StringComparison.Ordinal));
    }

    [ChromiumFact]
    public async Task SignIn_LinkUsedTwice_SaysWhatToDo()
    {
        var link = await LinkAsync();
        await using var first = await Chromium.StartAsync();
        await first.OpenAsync(link);
        await first.UntilAsync("document.querySelector('h1') && location.pathname === '/'");
        await using var second = await Chromium.StartAsync();
        await second.OpenAsync(link);

        await second.UntilAsync("document.getElementById('state')?.textContent.includes('code')");
        Assert.Equal("", await second.EvaluateAsync<string>("location.hash"));
        await Picture(second, "signin");
    }

    private async Task SignInAsync(Chromium chromium)
    {
        await chromium.OpenAsync(await LinkAsync());
        await chromium.UntilAsync("location.pathname === '/' && document.readyState === 'complete' && document.querySelector('.account')");
        Assert.Equal("", await chromium.EvaluateAsync<string>("location.hash"));
    }

    private async Task<Uri> LinkAsync()
    {
        using var ingest = butler.Run.Client(butler.Run.Ingest);
        using var response = await ingest.PostAsync("api/v1/sign-in-links", null);
        return new(butler.Run.Progress, "signin#code=" + (await response.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("code").GetString());
    }

    private static async Task Picture(Chromium chromium, string name)
    {
        if (s_pictures is not null)
        {
            Directory.CreateDirectory(s_pictures);
            await File.WriteAllBytesAsync(Path.Combine(s_pictures, name + ".png"), await chromium.ScreenshotAsync());
        }
    }

    private static string Words(JsonElement text) => Words(text.GetString()!);

    private static string Words(string text) => string.Join(' ', text.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries));
}
