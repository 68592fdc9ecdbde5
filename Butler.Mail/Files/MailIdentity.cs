using System.Buffers;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;

namespace Butler.Mail.Files;

/// <summary>
/// Which mail some bytes are, wherever and however they are kept: SHA-256 over them with bare line feeds, without the line breaks at
/// their end, without ">" at the beginning of lines (an mbox quotes "From " with it, more or less of them by dialect), and without the
/// fields that mail programs write into files (read or not, labels, lengths). So a mail is the same in an mbox, a Maildir and an .eml, after the file was moved, appended to or exported again with other labels, and however often it is in it.
/// </summary>
public sealed class MailIdentity
{
    private static readonly string[] s_fileFields =
        ["status", "x-status", "x-keywords", "x-uid", "x-mozilla-status", "x-mozilla-status2", "x-mozilla-keys", "x-gmail-labels", "x-gm-thrid", "content-length", "lines", "x-imap", "x-imapbase"];

    private readonly IncrementalHash _hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
    private readonly List<byte> _field = [];
    private readonly byte[] _pending = ArrayPool<byte>.Shared.Rent(8 * 1024);
    private int _filled;
    private int _breaks;
    private bool _inBody;
    private bool _carriage;
    private bool _lineStart = true;

    /// <summary>The identity of a whole mail.</summary>
    public static string Of(ReadOnlySpan<byte> mail)
    {
        var identity = new MailIdentity();
        identity.Append(mail);
        return identity.Finish();
    }

    /// <summary>The identity of a mail that is a whole stream.</summary>
    public static async Task<string> OfAsync(Stream mail, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(mail);
        var identity = new MailIdentity();
        var buffer = ArrayPool<byte>.Shared.Rent(64 * 1024);
        try
        {
            for (int read; (read = await mail.ReadAsync(buffer, cancellationToken)) > 0;)
            {
                identity.Append(buffer.AsSpan(0, read));
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }

        return identity.Finish();
    }

    /// <summary>Adds the next bytes.</summary>
    public void Append(ReadOnlySpan<byte> bytes)
    {
        while (!bytes.IsEmpty)
        {
            if (_inBody)
            {
                Body(bytes);
                return;
            }

            // A field at a time, with the lines that continue it.
            var end = bytes.IndexOf((byte)'\n');
            var line = end < 0 ? bytes : bytes[..(end + 1)];
            if (_field.Count > 0 && _field[^1] == '\n' && line[0] is not ((byte)' ' or (byte)'\t'))
            {
                Field();
            }

            _field.AddRange(line);
            bytes = bytes[line.Length..];
            if (end >= 0 && _field.Count <= 2 && (_field.Count == 1 || _field[0] == '\r'))
            {
                _field.Clear();
                _inBody = true;
                Body("\n"u8);
            }
            else if (_field.Count > 1024 * 1024)
            {
                Field(); // No field is so long; whatever it is, it is hashed.
            }
        }
    }

    /// <summary>32 hexadecimal digits: half of the hash names one in far more mails than there are.</summary>
    public string Finish()
    {
        Field();
        _hash.AppendData(_pending, 0, _filled);
        ArrayPool<byte>.Shared.Return(_pending);
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        _hash.GetHashAndReset(hash);
        _hash.Dispose();
        return Convert.ToHexStringLower(hash[..16]);
    }

    private void Field()
    {
        if (_field.Count == 0)
        {
            return;
        }

        var bytes = CollectionsMarshal.AsSpan(_field);
        var colon = bytes.IndexOf((byte)':');
        if (colon < 0 || colon > 40 || !s_fileFields.Contains(Encoding.ASCII.GetString(bytes[..colon]).TrimEnd().ToLowerInvariant()))
        {
            Body(bytes);
        }

        _field.Clear();
    }

    /// <summary>Without CR before LF, and with line breaks held back until something follows them.</summary>
    private void Body(ReadOnlySpan<byte> bytes)
    {
        if (!_carriage && bytes.IndexOf((byte)'\r') < 0 && !(_lineStart && bytes.StartsWith(">"u8)) && bytes.IndexOf("\n>"u8) < 0)
        {
            _lineStart = bytes.EndsWith("\n"u8);

            // Most text, in one piece.
            var text = bytes.TrimEnd((byte)'\n');
            if (!text.IsEmpty)
            {
                var leading = text.IndexOfAnyExcept((byte)'\n');
                _breaks += leading;
                Flush(text[leading..]);
            }

            _breaks += bytes.Length - text.Length;
            return;
        }

        while (!bytes.IsEmpty)
        {
            if (_carriage && bytes[0] != '\n')
            {
                Flush("\r"u8);
                _lineStart = false;
            }

            _carriage = false;
            if (_lineStart && bytes[0] == '>')
            {
                bytes = bytes[1..];
                continue;
            }

            var at = bytes.IndexOfAny((byte)'\r', (byte)'\n');
            if (at != 0)
            {
                _lineStart = false;
                Flush(at < 0 ? bytes : bytes[..at]);
                bytes = at < 0 ? [] : bytes[at..];
                continue;
            }

            if (bytes[0] == '\n')
            {
                _breaks++;
                _lineStart = true;
            }
            else
            {
                _carriage = true;
            }

            bytes = bytes[1..];
        }
    }

    private void Flush(ReadOnlySpan<byte> bytes)
    {
        for (; _breaks > 0; _breaks--)
        {
            Add("\n"u8);
        }

        Add(bytes);
    }

    /// <summary>In pieces worth a call.</summary>
    private void Add(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length > _pending.Length - _filled)
        {
            _hash.AppendData(_pending, 0, _filled);
            _filled = 0;
            if (bytes.Length > _pending.Length / 2)
            {
                _hash.AppendData(bytes);
                return;
            }
        }

        bytes.CopyTo(_pending.AsSpan(_filled));
        _filled += bytes.Length;
    }
}
