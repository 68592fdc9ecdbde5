using System.Buffers;
using System.Text;
using Butler.Sandbox.Faults;
using Butler.Sandbox.Quota;
using Butler.Sandbox.State;

namespace Butler.Sandbox.Gmail;

/// <summary>HTTP around <see cref="GmailApi"/>: single calls and batches, late answers and cut connections.</summary>
internal static class GmailEndpoints
{
    public static void MapGmail(this WebApplication app)
    {
        var server = ActivatorUtilities.CreateInstance<GmailServer>(app.Services);
        app.Map("/gmail/v1/users/{**path}", (RequestDelegate)server.Single);
        app.MapPost("/batch/gmail/v1", (RequestDelegate)server.Batch);
        app.MapPost("/batch", (RequestDelegate)server.Batch);
    }

    /// <summary>Holds a request open until its client gives up.</summary>
    public static async Task UntilClientLeaves(HttpContext http)
    {
        var left = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var registration = http.RequestAborted.Register(left.SetResult);
        await left.Task;
    }
}

/// <summary>The two entrances of the Gmail API.</summary>
internal sealed class GmailServer(SandboxState state, GmailApi api, SandboxQuota quota, SandboxFaults faults, SandboxStats stats, NastyBehaviour nasty, TimeProvider clock, LateWork late)
{
    private ulong _writes;
    private uint _batches;

    public async Task Single(HttpContext http)
    {
        if (Account(http.Request.Headers.Authorization.ToString(), out var error) is not { } account)
        {
            await Send(http, error!);
            return;
        }

        var body = await ReadBody(http);
        var call = new GmailCall(http.Request.Method, http.Request.Path.ToUriComponent() + http.Request.QueryString.Value, body);
        var admitted = quota.Enter(account.Hash, 1);
        try
        {
            if (call.IsWrite && nasty.IsLate(account.Hash, Interlocked.Increment(ref _writes)))
            {
                late.Run(() => api.RunLate(call, account), nasty.LateBy);
                http.Abort();
                return;
            }

            await Slow(account, http);
            var output = OutBuffer.Rent();
            var status = api.Run(call, account, admitted == 1, output, out var cut);
            if (cut is FaultKind.Slow)
            {
                cut = null;
                await Task.Delay(nasty.SlowBy, clock, http.RequestAborted);
            }

            if (cut is { } fault)
            {
                await Cut(http, fault, call, account, output);
            }
            else
            {
                http.Response.StatusCode = status;
                if (status == 429)
                {
                    http.Response.Headers.RetryAfter = "1";
                }

                await SendJson(http, output);
            }

            output.Return();
        }
        finally
        {
            quota.Leave(account.Hash, admitted);
        }
    }

    public async Task Batch(HttpContext http)
    {
        var outer = http.Request.Headers.Authorization.ToString();
        var account = Account(outer, out var error);
        var boundary = Boundary(http.Request.ContentType);
        var body = await ReadBody(http);
        var calls = boundary is null ? null : BatchReader.Read(body, boundary);
        if (calls is null or { Count: 0 } || calls.Count > Limits.BatchCalls)
        {
            await Send(http, GmailError.Bad(calls is { Count: > 0 } ? "The number of calls in batch exceeds 100" : "Failed to parse batch request, error: no parts", "badRequest"));
            return;
        }

        switch (faults.Take(Methods.Batch, account?.Address, null))
        {
            case null:
                break;
            case FaultKind.Hang:
                await GmailEndpoints.UntilClientLeaves(http);
                return;
            case FaultKind.NotExecutedNoAnswer or FaultKind.ExecutedNoAnswer or FaultKind.CutBody or FaultKind.ExecutedLate:
                http.Abort();
                return;
            case FaultKind.TooManyRequests:
                await Send(http, GmailError.TooMany);
                return;
            case FaultKind.Unauthorized:
                await Send(http, GmailError.Auth);
                return;
            default:
                await Send(http, GmailError.Unavailable);
                return;
        }

        var hash = account?.Hash ?? 0;
        var given = quota.Enter(hash, calls.Count);
        var mark = $"batch_{Interlocked.Increment(ref _batches):x8}{hash:x16}";
        var inner = OutBuffer.Rent();
        try
        {
            if (account is not null)
            {
                await Slow(account, http);
            }

            http.Response.ContentType = "multipart/mixed; boundary=" + mark;
            var writer = http.Response.BodyWriter;
            for (var i = 0; i < calls.Count; i++)
            {
                inner.Clear();
                var status = RunInner(calls[i], account, error, i < given, inner, out var cut);
                if (cut is FaultKind.Slow)
                {
                    await Task.Delay(nasty.SlowBy, clock, http.RequestAborted);
                }
                else if (cut is not null)
                {
                    // What cuts one call's connection cuts the batch's: the answers so far are all there is.
                    await writer.FlushAsync(http.RequestAborted);
                    http.Abort();
                    return;
                }

                WritePart(writer, mark, calls[i].ContentId, status, inner);
                if (writer.UnflushedBytes > 256 * 1024)
                {
                    await writer.FlushAsync(http.RequestAborted);
                }
            }

            writer.Write(Encoding.ASCII.GetBytes($"--{mark}--\r\n"));
            stats.Count(Methods.Batch, 200);
            await writer.FlushAsync(http.RequestAborted);
        }
        finally
        {
            inner.Return();
            quota.Leave(hash, given);
        }
    }

    private int RunInner(BatchCall batchCall, SandboxAccount? account, GmailError? error, bool admitted, OutBuffer inner, out FaultKind? cut)
    {
        cut = null;
        if (batchCall.Authorization is { } own)
        {
            account = Account(own, out error);
        }

        return batchCall.Call is null ? GmailApi.Fail(inner, GmailError.Bad("Failed to parse batch request, error: 1", "badRequest"))
            : account is null ? GmailApi.Fail(inner, error!)
            : api.Run(batchCall.Call, account, admitted, inner, out cut);
    }

    private static void WritePart(IBufferWriter<byte> writer, string mark, string? contentId, int status, OutBuffer inner)
    {
        var id = contentId is null ? "" : $"Content-ID: <response-{contentId.Trim('<', '>')}>\r\n";
        var retry = status == 429 ? "Retry-After: 1\r\n" : "";
        var head = $"--{mark}\r\nContent-Type: application/http\r\n{id}\r\nHTTP/1.1 {status} {Reason(status)}\r\n"
            + $"Content-Type: application/json; charset=UTF-8\r\nVary: Origin\r\n{retry}Content-Length: {inner.Length}\r\n\r\n";
        Encoding.Latin1.GetBytes(head, writer);
        writer.Write(inner.Written.Span);
        writer.Write("\r\n"u8);
    }

    private SandboxAccount? Account(string authorization, out GmailError? error)
    {
        error = null;
        if (!authorization.StartsWith("Bearer ", StringComparison.OrdinalIgnoreCase))
        {
            error = GmailError.LoginRequired;
            return null;
        }

        if (state.Tokens.AddressOfAccessToken(authorization[7..].Trim()) is { } address && state.Find(address) is { Revoked: false } account)
        {
            return account;
        }

        error = GmailError.Auth;
        return null;
    }

    private async Task Slow(SandboxAccount account, HttpContext http)
    {
        var delay = nasty.Delay(account.Hash, clock.GetUtcNow());
        if (delay > TimeSpan.Zero)
        {
            await Task.Delay(delay, clock, http.RequestAborted);
        }
    }

    private async Task Cut(HttpContext http, FaultKind fault, GmailCall call, SandboxAccount account, OutBuffer output)
    {
        switch (fault)
        {
            case FaultKind.Hang:
                await GmailEndpoints.UntilClientLeaves(http);
                return;
            case FaultKind.CutBody:
                http.Response.ContentType = "application/json; charset=UTF-8";
                http.Response.ContentLength = output.Length;
                await http.Response.BodyWriter.WriteAsync(output.Written[..(output.Length / 2)], http.RequestAborted);
                break;
            case FaultKind.ExecutedLate:
                late.Run(() => api.RunLate(call, account), nasty.LateBy);
                break;
        }

        http.Abort();
    }

    private static async Task<ReadOnlyMemory<byte>> ReadBody(HttpContext http)
    {
        if (http.Request.ContentLength is 0 || HttpMethods.IsGet(http.Request.Method))
        {
            return default;
        }

        using var copy = new MemoryStream((int)Math.Min(http.Request.ContentLength ?? 4096, Limits.RequestBytes));
        await http.Request.Body.CopyToAsync(copy, http.RequestAborted);
        return copy.GetBuffer().AsMemory(0, (int)copy.Length);
    }

    private static async Task Send(HttpContext http, GmailError error)
    {
        var output = OutBuffer.Rent();
        http.Response.StatusCode = GmailApi.Fail(output, error);
        if (error.RetryAfter is { } seconds)
        {
            http.Response.Headers.RetryAfter = $"{seconds}";
        }

        await SendJson(http, output);
        output.Return();
    }

    private static async Task SendJson(HttpContext http, OutBuffer output)
    {
        if (output.Length == 0)
        {
            return;
        }

        http.Response.ContentType = "application/json; charset=UTF-8";
        http.Response.ContentLength = output.Length;
        await http.Response.BodyWriter.WriteAsync(output.Written, http.RequestAborted);
    }

    private static string? Boundary(string? contentType)
    {
        var parsed = Microsoft.Net.Http.Headers.MediaTypeHeaderValue.TryParse(contentType, out var type) ? type : null;
        var boundary = parsed?.Boundary.Value?.Trim('"');
        return string.IsNullOrEmpty(boundary) || !parsed!.MediaType.Equals("multipart/mixed", StringComparison.OrdinalIgnoreCase) ? null : boundary;
    }

    private static string Reason(int status) => Microsoft.AspNetCore.WebUtilities.ReasonPhrases.GetReasonPhrase(status);
}
