using System.Globalization;
using Butler.ServiceDefaults.Access;
using Butler.ServiceDefaults.Errors;
using Butler.ServiceDefaults.Telemetry;
using Microsoft.Extensions.Options;

namespace Butler.Ingest.Push;

/// <summary>
/// <c>POST /api/webhook/gmail</c>: answers 204 when the notification is committed and not before. Any other answer makes Pub/Sub send
/// it again.
/// </summary>
internal static class WebhookEndpoint
{
    public const string Path = "/api/webhook/gmail";

    private const int RetryKeysSeconds = 10;

    public static void MapWebhook(this WebApplication app) =>
        app.MapPost(Path, ReceiveAsync).AllowAnonymous().WithMetadata(ForeignToken.Instance).WithTags("push").Produces(StatusCodes.Status204NoContent)
            .WithSummary("Takes Gmail's notifications from Pub/Sub; the token is Pub/Sub's, signed by Google.");

    private static async Task<IResult> ReceiveAsync(
        HttpContext http, IOptions<PushOptions> options, PushTokenVerifier verifier, RefusalLimiter limiter, PushIntake intake, CancellationToken cancellationToken)
    {
        if (!options.Value.WebhookOn)
        {
            throw ErrorWriter.ForStatus(StatusCodes.Status404NotFound);
        }

        try
        {
            // More than one Authorization header is nobody's.
            if (await verifier.RefuseAsync(http.Request.Headers.Authorization is [{ } one] ? one : null, cancellationToken) is not null)
            {
                return Refuse(http, limiter, intake);
            }
        }
        catch (KeysUnavailableException)
        {
            http.Response.Headers.RetryAfter = RetryKeysSeconds.ToString(CultureInfo.InvariantCulture);
            return Results.StatusCode(StatusCodes.Status503ServiceUnavailable);
        }

        if (http.Request.ContentType is { } type && !http.Request.HasJsonContentType() && type.Length > 0)
        {
            throw ErrorWriter.ForStatus(StatusCodes.Status415UnsupportedMediaType);
        }

        var body = await ReadAsync(http, cancellationToken);
        if (PushEnvelope.Read(body, options.Value.Subscription, out var problem) is not { } notice)
        {
            intake.Count("malformed");
            throw new ApiException(ApiErrorCodes.InvalidRequest, $"This is no notification of Gmail: {problem}.");
        }

        await intake.AcceptAsync(notice, Correlation.Of(http), cancellationToken);
        return Results.NoContent();
    }

    private static IResult Refuse(HttpContext http, RefusalLimiter limiter, PushIntake intake)
    {
        if (limiter.Refused(http) is { } wait)
        {
            intake.Count("limited");
            http.Response.Headers.RetryAfter = Math.Ceiling(wait.TotalSeconds).ToString(CultureInfo.InvariantCulture);
            return Results.StatusCode(StatusCodes.Status429TooManyRequests);
        }

        intake.Count("refused");
        throw new ApiException(ApiErrorCodes.Unauthorized, "The token of this push does not verify.");
    }

    private static async Task<ReadOnlyMemory<byte>> ReadAsync(HttpContext http, CancellationToken cancellationToken)
    {
        if (http.Request.ContentLength > PushOptions.MaxBody)
        {
            throw TooLarge();
        }

        // A length may be missing or wrong: one byte more than the limit tells.
        var buffer = new byte[http.Request.ContentLength is { } length ? (int)length + 1 : PushOptions.MaxBody + 1];
        var read = await http.Request.Body.ReadAtLeastAsync(buffer, buffer.Length, throwOnEndOfStream: false, cancellationToken);
        return read <= PushOptions.MaxBody ? buffer.AsMemory(0, read) : throw TooLarge();
    }

    private static ApiException TooLarge() => new(ApiErrorCodes.PayloadTooLarge, $"The body is too large; at most {PushOptions.MaxBody / 1024} KiB are taken.");
}
