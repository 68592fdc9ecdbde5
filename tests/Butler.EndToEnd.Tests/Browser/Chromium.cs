using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net.WebSockets;
using System.Text.Json;
using System.Text.Json.Nodes;
using Butler.EndToEnd.Tests.Running;
using Butler.Testing;

namespace Butler.EndToEnd.Tests.Browser;

/// <summary>A headless Chromium with one page, driven over the DevTools protocol. What the page complains about is kept.</summary>
internal sealed class Chromium : IAsyncDisposable
{
    private static readonly TimeSpan s_step = TimeSpan.FromMilliseconds(50);
    private readonly Process _process;
    private readonly ClientWebSocket _socket = new();
    private readonly ConcurrentDictionary<int, TaskCompletionSource<JsonNode>> _calls = [];
    private readonly SemaphoreSlim _sending = new(1);
    private Task _reading = Task.CompletedTask;
    private string? _session;
    private int _number;

    private Chromium(Process process) => _process = process;

    /// <summary>The program; null where there is none.</summary>
    public static string? Program { get; } = new[] { Environment.GetEnvironmentVariable("BUTLER_CHROMIUM"), "/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome" }
        .FirstOrDefault(p => !string.IsNullOrEmpty(p) && File.Exists(p));

    /// <summary>Errors of the console, exceptions of scripts, violations of the content security policy, failed requests.</summary>
    public ConcurrentQueue<string> Complaints { get; } = [];

    public static async Task<Chromium> StartAsync()
    {
        using var limit = new CancellationTokenSource(ButlerRun.Patience);
        var process = Process.Start(new ProcessStartInfo(Program!,
        [
            "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--disable-background-networking", "--disable-component-update", "--disable-sync", "--no-first-run",
            "--remote-debugging-port=0", $"--user-data-dir={Servers.Scratch("chromium")}", "about:blank",
        ])
        { RedirectStandardError = true, RedirectStandardOutput = true })!;
        AppDomain.CurrentDomain.ProcessExit += (_, _) => End(process);
        var chromium = new Chromium(process);
        try
        {
            var printed = new List<string>();
            while (true)
            {
                var line = await process.StandardError.ReadLineAsync(limit.Token) ?? throw new InvalidOperationException("Chromium ended: " + string.Join('\n', printed));
                printed.Add(line);
                if (line.StartsWith("DevTools listening on ", StringComparison.Ordinal))
                {
                    await chromium.ConnectAsync(new Uri(line["DevTools listening on ".Length..]), limit.Token);
                    break;
                }
            }

            process.ErrorDataReceived += (_, _) => { };
            process.OutputDataReceived += (_, _) => { };
            process.BeginOutputReadLine();
            _ = process.StandardError.BaseStream.CopyToAsync(Stream.Null, CancellationToken.None);
            return chromium;
        }
        catch
        {
            await chromium.DisposeAsync();
            throw;
        }
    }

    /// <summary>Opens an address and waits until the page is loaded.</summary>
    public async Task OpenAsync(Uri address)
    {
        await CallAsync("Page.navigate", new { url = address.ToString() });
        await UntilAsync("location.href !== 'about:blank' && document.readyState === 'complete'");
    }

    /// <summary>The value of an expression in the page.</summary>
    public async Task<T> EvaluateAsync<T>(string expression)
    {
        var answer = await CallAsync("Runtime.evaluate", new { expression, returnByValue = true, awaitPromise = true });
        return answer["exceptionDetails"] is { } wrong ? throw new InvalidOperationException($"{expression}: {wrong}") : answer["result"]!["value"].Deserialize<T>()!;
    }

    /// <summary>Waits until an expression is true in the page.</summary>
    public async Task UntilAsync(string expression)
    {
        using var limit = new CancellationTokenSource(ButlerRun.Patience);
        while (true)
        {
            try
            {
                if (await EvaluateAsync<bool>($"!!({expression})"))
                {
                    return;
                }
            }
            catch (InvalidOperationException e) when (e.Message.Contains("context", StringComparison.Ordinal))
            {
                // The page is being replaced by another.
            }

            try
            {
                await Task.Delay(s_step, limit.Token);
            }
            catch (OperationCanceledException)
            {
                throw new TimeoutException($"Not in time: {expression}\n{string.Join('\n', Complaints)}\n{await EvaluateAsync<string>("document.body.innerText")}");
            }
        }
    }

    /// <summary>A window of this width, light or dark.</summary>
    public async Task ShowAsync(int width, int height, bool dark)
    {
        await CallAsync("Emulation.setDeviceMetricsOverride", new { width, height, deviceScaleFactor = 1, mobile = width < 600 });
        await CallAsync("Emulation.setEmulatedMedia", new { features = new[] { new { name = "prefers-color-scheme", value = dark ? "dark" : "light" } } });
    }

    public async Task<byte[]> ScreenshotAsync() => Convert.FromBase64String((string)(await CallAsync("Page.captureScreenshot", new { format = "png" }))["data"]!);

    public async ValueTask DisposeAsync()
    {
        End(_process);
        await _process.WaitForExitAsync();
        await _reading;
        _process.Dispose();
        _socket.Dispose();
        _sending.Dispose();
    }

    private static void End(Process process)
    {
        try
        {
            process.Kill(entireProcessTree: true);
        }
        catch (InvalidOperationException)
        {
            // It has ended.
        }
    }

    private async Task ConnectAsync(Uri address, CancellationToken cancellationToken)
    {
        await _socket.ConnectAsync(address, cancellationToken);
        _reading = Task.Run(ReadAsync, CancellationToken.None);
        var target = await CallAsync("Target.createTarget", new { url = "about:blank" });
        _session = (string)(await CallAsync("Target.attachToTarget", new { targetId = (string)target["targetId"]!, flatten = true }))["sessionId"]!;
        foreach (var domain in (string[])["Page", "Runtime", "Log", "Network"])
        {
            await CallAsync(domain + ".enable", new { });
        }
    }

    private async Task<JsonNode> CallAsync(string method, object parameters)
    {
        var id = Interlocked.Increment(ref _number);
        var answer = _calls[id] = new(TaskCreationOptions.RunContinuationsAsynchronously);
        var message = new JsonObject { ["id"] = id, ["method"] = method, ["params"] = JsonSerializer.SerializeToNode(parameters) };
        if (_session is not null)
        {
            message["sessionId"] = _session;
        }

        await _sending.WaitAsync();
        try
        {
            await _socket.SendAsync(JsonSerializer.SerializeToUtf8Bytes(message), WebSocketMessageType.Text, true, CancellationToken.None);
        }
        finally
        {
            _sending.Release();
        }

        return await answer.Task.WaitAsync(ButlerRun.Patience);
    }

    private async Task ReadAsync()
    {
        var buffer = new byte[64 * 1024];
        using var message = new MemoryStream();
        try
        {
            while (true)
            {
                var part = await _socket.ReceiveAsync(buffer, CancellationToken.None);
                message.Write(buffer, 0, part.Count);
                if (part.MessageType == WebSocketMessageType.Close)
                {
                    return;
                }

                if (part.EndOfMessage)
                {
                    Take(JsonNode.Parse(message.ToArray())!);
                    message.SetLength(0);
                }
            }
        }
        catch (WebSocketException)
        {
            // Chromium has ended.
        }
        finally
        {
            foreach (var call in _calls.Values)
            {
                call.TrySetException(new InvalidOperationException("Chromium has ended."));
            }
        }
    }

    private void Take(JsonNode message)
    {
        if (message["id"] is { } id)
        {
            if (_calls.TryRemove((int)id, out var call))
            {
                _ = message["error"] is { } error ? call.TrySetException(new InvalidOperationException(error.ToJsonString())) : call.TrySetResult(message["result"]!);
            }

            return;
        }

        var data = message["params"];
        switch ((string?)message["method"])
        {
            case "Log.entryAdded" when (string?)data!["entry"]!["level"] is "error":
                Complaints.Enqueue($"{data["entry"]!["text"]} {data["entry"]!["url"]}");
                break;
            case "Runtime.exceptionThrown":
                Complaints.Enqueue(data!["exceptionDetails"]!.ToJsonString());
                break;
        }
    }
}

/// <summary>A fact that needs Chromium and is skipped where it is absent.</summary>
public sealed class ChromiumFactAttribute : FactAttribute
{
    /// <summary>Skips where there is none.</summary>
    public ChromiumFactAttribute() => Skip = Chromium.Program is null ? "needs Chromium (BUTLER_CHROMIUM, or chromium in /usr/bin), which is not here" : null;
}
