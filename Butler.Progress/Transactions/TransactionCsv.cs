using System.Globalization;
using System.Text;

namespace Butler.Progress.Transactions;

/// <summary>
/// Rows as CSV (RFC 4180) for spreadsheets: UTF-8 with a byte order mark, because Excel takes a file without one for the local code page.
/// A cell that a spreadsheet would run as a formula begins with an apostrophe.
/// </summary>
internal static class TransactionCsv
{
    public const string Header = "date,merchant,amount,currency,direction,account,reference,state,source,tags,mail_id,id\r\n";

    public static byte[] Mark { get; } = [0xEF, 0xBB, 0xBF];

    public static string Row(TransactionBody t)
    {
        var row = new StringBuilder(160);
        Cell(row, t.Date.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture));
        Cell(row, t.Merchant);
        Cell(row, t.Amount.ToString(CultureInfo.InvariantCulture));
        Cell(row, t.Currency ?? "");
        Cell(row, t.Direction);
        Cell(row, t.AccountTail);
        Cell(row, t.Reference);
        Cell(row, t.State);
        Cell(row, t.Source);
        Cell(row, string.Join(' ', t.Tags));
        Cell(row, t.MailId.ToString());
        Cell(row, t.Id.ToString());
        row.Length--;
        return row.Append("\r\n").ToString();
    }

    internal static void Cell(StringBuilder row, string text)
    {
        // Fullwidth forms are formulas in some spreadsheets too.
        if (text.Length > 0 && text.TrimStart(' ') is [var first, ..] && first is '=' or '+' or '-' or '@' or '\t' or '\r' or '\n' or '|' or '\uFF1D' or '\uFF0B' or '\uFF0D' or '\uFF20')
        {
            text = "'" + text;
        }

        if (text.AsSpan().IndexOfAny(",\"\r\n") >= 0)
        {
            row.Append('"').Append(text.Replace("\"", "\"\"", StringComparison.Ordinal)).Append('"');
        }
        else
        {
            row.Append(text);
        }

        row.Append(',');
    }
}
