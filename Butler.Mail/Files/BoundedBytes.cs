using System.Buffers;

namespace Butler.Mail.Files;

/// <summary>Collects the bytes of one mail up to a bound.</summary>
internal sealed class BoundedBytes(int max)
{
    private byte[] buffer = [];
    private int length;

    /// <summary>Whether something was left out.</summary>
    public bool IsCut { get; private set; }

    public int Length => length;

    public void Append(ReadOnlySpan<byte> bytes)
    {
        if (length + bytes.Length > max)
        {
            IsCut = true;
            bytes = bytes[..(max - length)];
        }

        if (length + bytes.Length > buffer.Length)
        {
            Array.Resize(ref buffer, (int)Math.Min(max, Math.Max(length + (long)bytes.Length, Math.Max(4096, buffer.Length * 2L))));
        }

        bytes.CopyTo(buffer.AsSpan(length));
        length += bytes.Length;
    }

    /// <summary>The mail in an array of its own, with one line break less at its end if asked; the collector starts anew.</summary>
    public byte[] Take(bool dropLastLineBreak)
    {
        var end = length;
        if (dropLastLineBreak && !IsCut && end > 0 && buffer[end - 1] == '\n')
        {
            end -= end > 1 && buffer[end - 2] == '\r' ? 2 : 1;
        }

        var result = buffer.AsSpan(0, end).ToArray();
        length = 0;
        IsCut = false;
        if (buffer.Length > 1024 * 1024)
        {
            // One large mail must not hold its memory for the rest of the file.
            buffer = [];
        }

        return result;
    }

    public static string TooLarge(int max) => $"larger than {max / (1024 * 1024)} MiB";

    /// <summary>Reads a stream to its end; beyond the bound nothing is read.</summary>
    public static async Task<(byte[] Bytes, string? Problem)> ReadAsync(Stream stream, int max, CancellationToken cancellationToken)
    {
        var all = new BoundedBytes(max);
        var chunk = ArrayPool<byte>.Shared.Rent(64 * 1024);
        try
        {
            int read;
            while (!all.IsCut && (read = await stream.ReadAsync(chunk, cancellationToken)) > 0)
            {
                all.Append(chunk.AsSpan(0, read));
            }
        }
        catch (Exception e) when (EntryReader.Damage(e) is not null)
        {
            return (all.Take(false), EntryReader.Damage(e));
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(chunk);
        }

        var problem = all.IsCut ? TooLarge(max) : null;
        return (all.Take(false), problem);
    }
}
