using System.Buffers;
using System.Buffers.Binary;

namespace Grpc.Core.Internal;

/// <summary>A message as it goes on the wire: one byte "compressed", four bytes length, payload (PROTOCOL-HTTP2.md, Length-Prefixed-Message).</summary>
internal sealed class MessageFrame : SerializationContext
{
    public const int PrefixLength = 5;

    private ArrayBufferWriter<byte>? writer;

    public ReadOnlyMemory<byte> Payload => Written[PrefixLength..];

    private ReadOnlyMemory<byte> Written => writer?.WrittenMemory
        ?? throw new InvalidOperationException("Serialization did not return a payload.");

    /// <summary>Serializes the message into a frame.</summary>
    /// <exception cref="RpcException">RESOURCE_EXHAUSTED for a payload above the limit.</exception>
    public static ReadOnlyMemory<byte> Serialize<T>(Marshaller<T> marshaller, T message, int? maxLength)
    {
        var frame = new MessageFrame();
        marshaller.ContextualSerializer(message, frame);
        var length = frame.Payload.Length;
        if (length > maxLength)
        {
            throw new RpcException(new Status(StatusCode.ResourceExhausted, "Sending message exceeds the maximum configured message size."));
        }

        // The first bytes were reserved by GetBufferWriter; they are ours to fill.
        var prefix = System.Runtime.InteropServices.MemoryMarshal.AsMemory(frame.Written)[..PrefixLength].Span;
        prefix[0] = 0;
        BinaryPrimitives.WriteUInt32BigEndian(prefix[1..], (uint)length);
        return frame.Written;
    }

    public override void SetPayloadLength(int payloadLength) => writer ??= Create(payloadLength);

    public override IBufferWriter<byte> GetBufferWriter() => writer ??= Create(0);

    public override void Complete() => writer ??= Create(0);

    public override void Complete(byte[] payload)
    {
        ArgumentNullException.ThrowIfNull(payload);
        writer = Create(payload.Length);
        writer.Write(payload);
    }

    private static ArrayBufferWriter<byte> Create(int payloadLength)
    {
        var created = new ArrayBufferWriter<byte>(PrefixLength + Math.Max(payloadLength, 59));
        created.GetSpan(PrefixLength)[..PrefixLength].Clear();
        created.Advance(PrefixLength);
        return created;
    }
}
