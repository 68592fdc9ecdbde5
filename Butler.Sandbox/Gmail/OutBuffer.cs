using System.Buffers;
using System.Buffers.Text;
using System.Collections.Concurrent;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace Butler.Sandbox.Gmail;

/// <summary>A pooled buffer that answers are built in, with its JSON writer.</summary>
internal sealed class OutBuffer : IBufferWriter<byte>
{
    private const int Kept = 4 * 1024 * 1024;
    private static readonly ConcurrentBag<OutBuffer> Pool = [];
    private byte[] _bytes = new byte[64 * 1024];
    private int _length;

    private OutBuffer() => Json = new Utf8JsonWriter(this, new JsonWriterOptions { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, SkipValidation = true });

    public Utf8JsonWriter Json { get; }

    public ReadOnlyMemory<byte> Written => _bytes.AsMemory(0, _length);

    public int Length => _length;

    public static OutBuffer Rent() => Pool.TryTake(out var buffer) ? buffer : new OutBuffer();

    public void Return()
    {
        Clear();
        if (_bytes.Length <= Kept && Pool.Count < 64)
        {
            Pool.Add(this);
        }
    }

    public void Clear()
    {
        _length = 0;
        Json.Reset();
    }

    public void Advance(int count) => _length += count;

    public Memory<byte> GetMemory(int sizeHint = 0)
    {
        Ensure(sizeHint);
        return _bytes.AsMemory(_length);
    }

    public Span<byte> GetSpan(int sizeHint = 0)
    {
        Ensure(sizeHint);
        return _bytes.AsSpan(_length);
    }

    /// <summary>Writes <c>"…"</c> with the bytes in base64url, as the API's raw and data members hold them.</summary>
    public void WriteBase64UrlMember(ReadOnlySpan<byte> name, ReadOnlySpan<byte> value)
    {
        var length = Base64Url.GetEncodedLength(value.Length) + 2;
        var scratch = ArrayPool<byte>.Shared.Rent(length);
        scratch[0] = (byte)'"';
        Base64Url.EncodeToUtf8(value, scratch.AsSpan(1));
        scratch[length - 1] = (byte)'"';
        Json.WritePropertyName(name);
        Json.WriteRawValue(scratch.AsSpan(0, length), skipInputValidation: true);
        ArrayPool<byte>.Shared.Return(scratch);
    }

    private void Ensure(int sizeHint)
    {
        var need = _length + Math.Max(sizeHint, 256);
        if (need > _bytes.Length)
        {
            Array.Resize(ref _bytes, (int)Math.Min(Array.MaxLength, Math.Max(need, _bytes.Length * 2L)));
        }
    }
}
