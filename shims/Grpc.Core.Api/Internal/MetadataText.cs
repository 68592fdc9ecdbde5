namespace Grpc.Core.Internal;

/// <summary>Metadata as header values: "-bin" keys carry base64 (PROTOCOL-HTTP2.md, Custom-Metadata).</summary>
internal static class MetadataText
{
    /// <summary>The header value to send. Padding is omitted, as the protocol recommends.</summary>
    public static string Format(Metadata.Entry entry) =>
        entry.IsBinary ? Convert.ToBase64String(entry.ValueBytes).TrimEnd('=') : entry.Value;

    /// <summary>Adds a received header; a list of binary values is split at its commas. Headers that cannot be metadata are left out.</summary>
    public static void Add(Metadata metadata, string name, string value)
    {
        if (name.StartsWith(':') || name.Any(c => !char.IsAsciiLetterOrDigit(c) && c is not ('_' or '-' or '.')))
        {
            return;
        }

        if (!name.EndsWith(Metadata.BinaryHeaderSuffix, StringComparison.OrdinalIgnoreCase))
        {
            metadata.Add(name, value);
            return;
        }

        foreach (var part in value.Split(','))
        {
            metadata.Add(name, FromBase64(part.Trim()));
        }
    }

    private static byte[] FromBase64(string text)
    {
        try
        {
            return Convert.FromBase64String(text.PadRight((text.Length + 3) / 4 * 4, '='));
        }
        catch (FormatException error)
        {
            throw new RpcException(new Status(StatusCode.Internal, "A binary header is not base64.", error));
        }
    }
}
