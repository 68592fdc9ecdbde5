using System.Text;

namespace Butler.Mail;

/// <summary>Splits text into what is new, what is quoted, and the signature. Linear in the text.</summary>
internal static class QuoteSplitter
{
    private const int MaxAttributionLines = 5;

    /// <param name="text">The text, lines ending in \n.</param>
    /// <param name="sender">The sender's display name, by which a signature is known; may be null.</param>
    /// <param name="known">Whose each line is, as far as the HTML said so.</param>
    public static MailText Split(string text, string? sender, LineKind[]? known = null)
    {
        var lines = new TextLines(text);
        var kinds = new LineKind[lines.Count];
        known.AsSpan(0, Math.Min(lines.Count, known?.Length ?? 0)).CopyTo(kinds);
        var said = false;
        for (var i = 0; i < lines.Count; i++)
        {
            if (kinds[i] != LineKind.New)
            {
                continue;
            }

            var line = lines[i].Trim();
            if (line is ['>', ..])
            {
                kinds[i] = LineKind.Quoted;
            }
            else if (QuoteMarkers.IsHistoryLine(line) || QuoteMarkers.IsHeaderBlock(lines, i))
            {
                kinds.AsSpan(StepBackOverRule(lines, i)..).Fill(LineKind.Quoted);
            }
            else if (QuoteMarkers.AttributionLength(lines, i, MaxAttributionLines) is var length and > 0)
            {
                kinds.AsSpan(i, length).Fill(LineKind.Quoted);
                // Quoted without ">" (Outlook, phones): all that follows is history. With ">" answers may stand below.
                // So they do where nothing was said above it.
                if (said && !NextIsQuoted(lines, i + length))
                {
                    kinds.AsSpan(i).Fill(LineKind.Quoted);
                }
            }
            else if (QuoteMarkers.IsBareAttribution(line) && said)
            {
                kinds.AsSpan(i).Fill(LineKind.Quoted);
            }
            else if (QuoteMarkers.MayIntroduce(line) && FollowsQuote(lines, i + 1))
            {
                kinds[i] = LineKind.Quoted;
            }
            else
            {
                said |= !line.IsEmpty;
            }
        }

        SignatureFinder.Mark(lines, sender, i => kinds[i] != LineKind.New, (from, to) =>
        {
            for (var i = from; i < to; i++)
            {
                kinds[i] = kinds[i] == LineKind.New ? LineKind.Signature : kinds[i];
            }
        });
        return new MailText(Join(lines, kinds, LineKind.New, text.Length), Join(lines, kinds, LineKind.Quoted, text.Length), Join(lines, kinds, LineKind.Signature, text.Length), false);
    }

    // Outlook draws a line before its header block.
    private static int StepBackOverRule(TextLines lines, int index)
    {
        for (var i = index - 1; i >= 0 && i >= index - 3; i--)
        {
            var line = lines[i].Trim();
            if (line.Length > 2 && line.IndexOfAnyExcept("-_") < 0)
            {
                return i;
            }

            if (!line.IsEmpty)
            {
                break;
            }
        }

        return index;
    }

    // A quote right below, at most one empty line between.
    private static bool FollowsQuote(TextLines lines, int next)
    {
        next += next < lines.Count && lines.IsBlank(next) ? 1 : 0;
        return next < lines.Count && lines[next].TrimStart() is ['>', ..];
    }

    private static bool NextIsQuoted(TextLines lines, int from)
    {
        for (var i = from; i < lines.Count; i++)
        {
            var line = lines[i].Trim();
            if (!line.IsEmpty)
            {
                return line[0] == '>';
            }
        }

        return true;
    }

    private static string Join(TextLines lines, LineKind[] kinds, LineKind kind, int length)
    {
        if (!kinds.AsSpan().Contains(kind))
        {
            return "";
        }

        var result = new StringBuilder(kind == LineKind.Signature ? 200 : length);
        var empty = 0;
        var gap = false;
        for (var i = 0; i < lines.Count; i++)
        {
            if (kinds[i] != kind)
            {
                // A removed block leaves at most one empty line.
                empty = result.Length > 0 ? Math.Max(empty, 1) : 0;
                gap = true;
                continue;
            }

            var line = lines[i].TrimEnd();
            if (line.IsEmpty)
            {
                empty = Math.Min(empty + 1, 2);
                continue;
            }

            if (result.Length > 0)
            {
                result.Append('\n', (gap ? 1 : empty) + 1);
            }

            (gap, empty) = (false, 0);
            result.Append(line);
        }

        return result.ToString();
    }
}
