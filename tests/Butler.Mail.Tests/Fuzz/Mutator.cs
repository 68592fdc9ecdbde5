namespace Butler.Mail.Tests.Fuzz;

/// <summary>Makes broken mails of real ones. The same number always gives the same bytes.</summary>
internal sealed class Mutator
{
    private const int MaxMail = 24 * 1024;
    private static readonly byte[][] Pieces =
    [
        [.. "\r\n"u8], [.. "\n"u8], [.. "\r"u8], [.. "\r\n\r\n"u8], [.. "\0"u8], [.. ":"u8], [.. ";"u8], [.. "="u8], [.. "?"u8], [.. "\""u8], [.. "\\"u8], [.. "("u8], [.. "<"u8], [.. ">"u8], [.. ","u8], [.. "--"u8], [.. "%"u8], [.. "'"u8],
        [.. "=?utf-8?B?"u8], [.. "=?iso-2022-jp?Q?=1B$B"u8], [.. "?="u8], [.. "*0*="u8], [.. "; name*1="u8], [.. "boundary="u8], [.. "Content-Type: multipart/mixed; boundary=x\r\n\r\n--x\r\n"u8], [.. "\r\n--x\r\n"u8],
        [.. "Content-Type: message/rfc822\r\n\r\n"u8], [.. "Content-Transfer-Encoding: base64\r\n"u8], [.. "charset=gb18030"u8], [.. "charset=utf-7"u8], [.. "begin 644 x\r\n"u8], [.. "=ybegin name=x\r\n"u8],
        [0xFF, 0xFE], [0xC3], [0xE2, 0x82], [0x1B, 0x24, 0x42], [0x81], [0xEF, 0xBB, 0xBF],
    ];

    private readonly byte[][] mails;
    private readonly byte[] buffer = new byte[2 * MaxMail];

    public Mutator(IEnumerable<byte[]> mails) => this.mails = [.. mails.Where(m => m.Length is > 100 and <= MaxMail)];

    public int Sources => mails.Length;

    /// <summary>The mutant of that number; its bytes are good until the next one is asked for.</summary>
    public ReadOnlyMemory<byte> Make(int number)
    {
        var random = new Random(number);
        var mail = mails[random.Next(mails.Length)];
        mail.CopyTo(buffer, 0);
        var length = mail.Length;
        for (var n = random.Next(1, 10); n > 0 && length > 0; n--)
        {
            // Most of what can break is in the header: half of the changes go there.
            var at = random.Next(2) == 0 ? random.Next(length) : random.Next(Math.Min(length, 2000));
            switch (random.Next(8))
            {
                case 0:
                    buffer[at] = (byte)random.Next(256);
                    break;
                case 1:
                    buffer[at] ^= (byte)(1 << random.Next(8));
                    break;
                case 2 or 3:
                    Insert(ref length, at, Pieces[random.Next(Pieces.Length)]);
                    break;
                case 4:
                    var cut = Math.Min(random.Next(1, 200), length - at);
                    buffer.AsSpan(at + cut, length - at - cut).CopyTo(buffer.AsSpan(at));
                    length -= cut;
                    break;
                case 5:
                    var other = mails[random.Next(mails.Length)];
                    var from = random.Next(other.Length);
                    Insert(ref length, at, other.AsSpan(from, Math.Min(random.Next(400), other.Length - from)));
                    break;
                case 6:
                    Insert(ref length, at, buffer.AsSpan(at, Math.Min(random.Next(200), length - at)).ToArray());
                    break;
                default:
                    length = random.Next(4) == 0 ? at : length;
                    break;
            }
        }

        return buffer.AsMemory(0, length);
    }

    private void Insert(ref int length, int at, ReadOnlySpan<byte> piece)
    {
        if (length + piece.Length > buffer.Length)
        {
            return;
        }

        buffer.AsSpan(at, length - at).CopyTo(buffer.AsSpan(at + piece.Length));
        piece.CopyTo(buffer.AsSpan(at));
        length += piece.Length;
    }
}
