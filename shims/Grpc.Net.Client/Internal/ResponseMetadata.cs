using System.Globalization;
using System.Net.Http.Headers;
using Grpc.Core;
using Grpc.Core.Internal;

namespace Grpc.Net.Client.Internal;

/// <summary>Reads status and metadata from response headers or trailers.</summary>
internal static class ResponseMetadata
{
    private static readonly HashSet<string> OwnHeaders = new(StringComparer.OrdinalIgnoreCase)
    {
        StatusText.StatusHeader, StatusText.MessageHeader, MessageEncoding.EncodingHeader, MessageEncoding.AcceptHeader,
        "content-type", "te", "host", "accept-encoding", "trailer", "transfer-encoding",
    };

    public static Metadata Read(HttpResponseHeaders headers)
    {
        var metadata = new Metadata();
        foreach (var (name, values) in headers.NonValidated)
        {
            if (OwnHeaders.Contains(name))
            {
                continue;
            }

            foreach (var value in values)
            {
                MetadataText.Add(metadata, name.ToLowerInvariant(), value);
            }
        }

        return metadata;
    }

    /// <summary>The status, or null where there is none.</summary>
    public static Status? ReadStatus(HttpResponseHeaders headers)
    {
        if (First(headers, StatusText.StatusHeader) is not { } text)
        {
            return null;
        }

        if (!int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var code))
        {
            return new Status(StatusCode.Unknown, "Unexpected grpc-status value.");
        }

        var message = First(headers, StatusText.MessageHeader) is { } encoded ? StatusText.Decode(encoded) : "";

        // doc/statuscodes.md: a code that this side does not know is UNKNOWN.
        return new Status(code <= (int)StatusCode.Unauthenticated ? (StatusCode)code : StatusCode.Unknown, message);
    }

    public static string? First(HttpResponseHeaders headers, string name) =>
        headers.NonValidated.TryGetValues(name, out var values) ? values.FirstOrDefault() : null;
}
