namespace Butler.Mail.Files;

/// <summary>
/// Reads an mbox mail by mail. Mails begin at "From " lines after an empty line (RFC 4155); of quoted "&gt;From " lines
/// one "&gt;" is taken off (mboxrd, as Takeout writes it).
/// </summary>
internal sealed class MboxReader(Stream stream, string name, MailFileOptions options)
{
    private const int ChunkSize = 128 * 1024;

    private readonly byte[] chunk = new byte[ChunkSize];
    private readonly BoundedBytes mail = new(options.MaxMailBytes);
    private int start;
    private int end;
    private long offset;
    private long mailOffset;
    private bool atLineStart = true;
    private bool afterEmpty = true;
    private bool inMail;
    private bool sawHeaderEnd;
    private bool ended;
    private string? damage;

    /// <summary>The next mail; null at the end.</summary>
    public async Task<RawMail?> ReadAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            if (NextPiece(out var from, out var length, out var isWhole))
            {
                if (Take(from, length, isWhole) is { } done)
                {
                    return done;
                }

                continue;
            }

            if (ended)
            {
                return inMail ? Finish(atEnd: true) : null;
            }

            await FillAsync(cancellationToken);
        }
    }

    // The next line, or a piece of one that is longer than the buffer.
    private bool NextPiece(out int from, out int length, out bool isWhole)
    {
        from = start;
        var rest = chunk.AsSpan(start, end - start);
        var lineEnd = rest.IndexOf((byte)'\n');
        isWhole = lineEnd >= 0;
        length = isWhole ? lineEnd + 1 : rest.Length;
        return isWhole || (length > 0 && (ended || length == ChunkSize));
    }

    private RawMail? Take(int from, int length, bool isWhole)
    {
        var line = chunk.AsSpan(from, length);
        RawMail? done = null;
        if (atLineStart && afterEmpty && isWhole && (inMail ? MboxLines.IsSeparator(line) : MboxLines.IsFrom(line)))
        {
            done = inMail ? Finish(atEnd: false) : null;
            inMail = true;
            sawHeaderEnd = false;
            mailOffset = offset;
        }
        else if (inMail)
        {
            sawHeaderEnd |= atLineStart && line.Trim("\r\n"u8).IsEmpty;
            mail.Append(atLineStart && MboxLines.IsQuotedFrom(line) ? line[1..] : line);
        }

        afterEmpty = atLineStart && isWhole && line.TrimEnd("\r\n"u8).IsEmpty;
        atLineStart = isWhole;
        start += length;
        offset += length;
        return done;
    }

    private RawMail Finish(bool atEnd)
    {
        inMail = !atEnd;
        // A file that stops within a line or a header was cut.
        var cut = atEnd && (!atLineStart || !sawHeaderEnd);
        var problem = mail.IsCut ? BoundedBytes.TooLarge(options.MaxMailBytes) : atEnd && damage is not null ? damage : cut ? "truncated" : null;
        var bytes = mail.Take(dropLastLineBreak: afterEmpty);
        return new RawMail(bytes, MailLabels.FromHeader(bytes), $"{name}:{mailOffset}", problem);
    }

    private async Task FillAsync(CancellationToken cancellationToken)
    {
        chunk.AsSpan(start, end - start).CopyTo(chunk);
        end -= start;
        start = 0;
        try
        {
            var read = await stream.ReadAsync(chunk.AsMemory(end), cancellationToken);
            end += read;
            ended = read == 0;
        }
        catch (Exception e) when (EntryReader.Damage(e) is not null)
        {
            damage = EntryReader.Damage(e);
            ended = true;
        }
    }
}
