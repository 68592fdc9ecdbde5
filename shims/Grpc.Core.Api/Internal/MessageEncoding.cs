using System.Buffers;
using System.IO.Compression;

namespace Grpc.Core.Internal;

/// <summary>Compression of messages (doc/compression.md). Received messages may be gzip or deflate; sent ones are plain.</summary>
internal static class MessageEncoding
{
    public const string EncodingHeader = "grpc-encoding";
    public const string AcceptHeader = "grpc-accept-encoding";
    public const string Accepted = "identity,gzip,deflate";

    public static bool IsKnown(string? encoding) => encoding is null or "" or "identity" or "gzip" or "deflate";

    public static RpcException TooLarge() =>
        new(new Status(StatusCode.ResourceExhausted, "Received message exceeds the maximum configured message size."));

    /// <summary>Decompresses a payload, up to the limit: what a small message unpacks to is bounded too.</summary>
    public static ReadOnlySequence<byte> Decode(string? encoding, ReadOnlySequence<byte> payload, int? maxLength)
    {
        if (encoding is null or "" or "identity")
        {
            throw new RpcException(new Status(StatusCode.Internal, "Request sent 'identity' grpc-encoding value with compressed message."));
        }

        using var packed = new MemoryStream(payload.ToArray(), writable: false);
        using Stream unpacked = encoding switch
        {
            "gzip" => new GZipStream(packed, CompressionMode.Decompress),
            // "deflate" of gRPC and HTTP (RFC 9110, section 8.4.1.2) is the zlib format.
            "deflate" => new ZLibStream(packed, CompressionMode.Decompress),
            _ => throw new RpcException(new Status(StatusCode.Unimplemented, $"Unsupported grpc-encoding value '{encoding}'. Supported encodings: {Accepted}")),
        };

        var result = new ArrayBufferWriter<byte>();
        try
        {
            while (unpacked.Read(result.GetSpan(16 * 1024)) is var count and > 0)
            {
                result.Advance(count);
                if (result.WrittenCount > (maxLength ?? int.MaxValue))
                {
                    throw TooLarge();
                }
            }
        }
        catch (InvalidDataException error)
        {
            throw new RpcException(new Status(StatusCode.Internal, "Failed to decompress message.", error));
        }

        return new(result.WrittenMemory);
    }
}
