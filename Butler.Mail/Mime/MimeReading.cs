using System.Buffers;
using System.IO.Pipelines;

namespace Butler.Mail;

/// <summary>Reads a stream or pipe into the one buffer that a message is a view of, never more than the limit.</summary>
internal static class MimeReading
{
    private const int FirstChunk = 32 * 1024;

    public static async Task<ReadOnlyMemory<byte>> ReadAsync(Stream stream, int maxBytes, CancellationToken cancellationToken)
    {
        // One byte more than the limit tells that there was more.
        var most = (int)Math.Min((long)maxBytes + 1, Array.MaxLength);
        var known = stream.CanSeek ? Math.Max(0, stream.Length - stream.Position) : -1;
        var buffer = new byte[Math.Min(most, known >= 0 ? Math.Max(known, 1) : FirstChunk)];
        var length = 0;
        while (true)
        {
            if (length == buffer.Length)
            {
                // A stream whose length was known may have grown.
                if (length == most || (length == known && stream.Position >= stream.Length))
                {
                    break;
                }

                Array.Resize(ref buffer, (int)Math.Min(most, Math.Max(buffer.Length * 2L, FirstChunk)));
            }

            var read = await stream.ReadAsync(buffer.AsMemory(length), cancellationToken);
            if (read == 0)
            {
                break;
            }

            length += read;
        }

        return buffer.AsMemory(0, length);
    }

    public static async Task<ReadOnlyMemory<byte>> ReadAsync(PipeReader reader, int maxBytes, CancellationToken cancellationToken)
    {
        var most = (int)Math.Min((long)maxBytes + 1, Array.MaxLength);
        while (true)
        {
            var result = await reader.ReadAsync(cancellationToken);
            var buffer = result.Buffer;
            if (result.IsCompleted || result.IsCanceled || buffer.Length >= most)
            {
                // The pipe kept its pieces until now: one copy, of the exact size.
                var taken = buffer.Slice(0, Math.Min(buffer.Length, most));
                var message = taken.ToArray();
                reader.AdvanceTo(taken.End);
                cancellationToken.ThrowIfCancellationRequested();
                return message;
            }

            reader.AdvanceTo(buffer.Start, buffer.End);
        }
    }
}
