using System.Buffers;

namespace Grpc.Core.Internal;

/// <summary>A received payload, for a marshaller.</summary>
internal sealed class PayloadContext(ReadOnlySequence<byte> payload) : DeserializationContext
{
    public override int PayloadLength => (int)payload.Length;

    public override byte[] PayloadAsNewBuffer() => payload.ToArray();

    public override ReadOnlySequence<byte> PayloadAsReadOnlySequence() => payload;
}
