using System.Text;

namespace Grpc.Core;

public sealed partial class Metadata
{
    /// <summary>One header: text (ASCII) or, under a key that ends in "-bin", bytes.</summary>
    public class Entry
    {
        private readonly string? text;
        private readonly byte[]? bytes;

        public Entry(string key, byte[] valueBytes)
        {
            Key = Normalize(key);
            ArgumentNullException.ThrowIfNull(valueBytes);
            if (!IsBinary)
            {
                throw new ArgumentException($"Key for binary valued metadata entry needs to have suffix indicating binary value ({BinaryHeaderSuffix}).", nameof(key));
            }

            bytes = valueBytes.AsSpan().ToArray();
        }

        public Entry(string key, string value)
        {
            Key = Normalize(key);
            ArgumentNullException.ThrowIfNull(value);
            if (IsBinary)
            {
                throw new ArgumentException($"Key for ASCII valued metadata entry cannot have suffix indicating binary value ({BinaryHeaderSuffix}).", nameof(key));
            }

            text = value;
        }

        public string Key { get; }

        public bool IsBinary => Key.EndsWith(BinaryHeaderSuffix, StringComparison.Ordinal);

        public byte[] ValueBytes => bytes is null ? Encoding.ASCII.GetBytes(text!) : bytes.AsSpan().ToArray();

        public string Value => text ?? throw new InvalidOperationException("Cannot access string value of a binary metadata entry");

        public override string ToString() => IsBinary
            ? $"[Entry: key={Key}, valueBytes={Convert.ToBase64String(bytes!)}]"
            : $"[Entry: key={Key}, value={text}]";

        // Header-Name of gRPC's PROTOCOL-HTTP2.md: 1*( %x30-39 / %x61-7A / "_" / "-" / "."), here after lowering.
        private static string Normalize(string key)
        {
            ArgumentNullException.ThrowIfNull(key);
            var lower = key.ToLowerInvariant();
            if (lower.Length == 0 || lower.Any(c => c is not ((>= '0' and <= '9') or (>= 'a' and <= 'z') or '_' or '-' or '.')))
            {
                throw new ArgumentException("Metadata entry key not valid. Keys can only contain lowercase alphanumeric characters, underscores, hyphens and dots.", nameof(key));
            }

            return lower;
        }
    }
}
