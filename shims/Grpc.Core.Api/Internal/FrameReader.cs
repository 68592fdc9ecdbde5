using System.Buffers;
using System.Buffers.Binary;
using System.IO.Pipelines;

namespace Grpc.Core.Internal;

/// <summary>
/// Reads messages from a body. The length is compared with the limit before a byte of the payload is
/// kept, so the limit bounds the memory that one call can take.
/// </summary>
internal sealed class FrameReader<T>(PipeReader body, Marshaller<T> marshaller, int? maxLength, string? encoding)
{
    /// <summary>The next message, or false at the end of the body.</summary>
    /// <exception cref="RpcException">RESOURCE_EXHAUSTED above the limit, INTERNAL for a malformed body, UNIMPLEMENTED for an unknown encoding.</exception>
    public async ValueTask<(bool Found, T? Message)> ReadAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            var result = await body.ReadAsync(cancellationToken).ConfigureAwait(false);
            var buffer = result.Buffer;
            if (result.IsCanceled)
            {
                body.AdvanceTo(buffer.Start);
                throw new OperationCanceledException(cancellationToken);
            }

            if (TryParse(buffer, out var compressed, out var payload))
            {
                var message = Deserialize(compressed, payload);
                body.AdvanceTo(payload.End);
                return (true, message);
            }

            if (result.IsCompleted)
            {
                var rest = buffer.Length;
                body.AdvanceTo(buffer.End);
                return rest == 0
                    ? (false, default)
                    : throw Internal("Incomplete message.");
            }

            body.AdvanceTo(buffer.Start, buffer.End);
        }
    }

    /// <summary>The only message of a body that must hold exactly one; reads to the end of the body.</summary>
    public async ValueTask<T> ReadSingleAsync(CancellationToken cancellationToken)
    {
        var (found, message) = await ReadAsync(cancellationToken).ConfigureAwait(false);
        if (!found)
        {
            throw Internal("Incomplete message.");
        }

        var (more, _) = await ReadAsync(cancellationToken).ConfigureAwait(false);
        return more ? throw Internal("Additional data after the message received.") : message!;
    }

    private static RpcException Internal(string detail) => new(new Status(StatusCode.Internal, detail));

    private bool TryParse(in ReadOnlySequence<byte> buffer, out bool compressed, out ReadOnlySequence<byte> payload)
    {
        compressed = false;
        payload = default;
        if (buffer.Length < MessageFrame.PrefixLength)
        {
            return false;
        }

        Span<byte> prefix = stackalloc byte[MessageFrame.PrefixLength];
        buffer.Slice(0, MessageFrame.PrefixLength).CopyTo(prefix);
        compressed = prefix[0] switch
        {
            0 => false,
            1 => true,
            _ => throw Internal("Unexpected compressed flag value in message header."),
        };
        var length = BinaryPrimitives.ReadUInt32BigEndian(prefix[1..]);
        if (length > (uint)(maxLength ?? int.MaxValue))
        {
            throw MessageEncoding.TooLarge();
        }

        if (buffer.Length < MessageFrame.PrefixLength + (long)length)
        {
            return false;
        }

        payload = buffer.Slice(MessageFrame.PrefixLength, length);
        return true;
    }

    private T Deserialize(bool compressed, ReadOnlySequence<byte> payload)
    {
        if (compressed)
        {
            payload = MessageEncoding.Decode(encoding, payload, maxLength);
        }

        try
        {
            return marshaller.ContextualDeserializer(new PayloadContext(payload));
        }
        catch (Exception error) when (error is not RpcException)
        {
            // doc/statuscodes.md: a message that cannot be parsed is INTERNAL on both sides.
            throw new RpcException(new Status(StatusCode.Internal, "Failed to deserialize message.", error));
        }
    }
}
