using System.Net.Http.Headers;
using System.Text;

namespace Butler.Mailboxes.Gmail;

/// <summary>The multipart/mixed body of a batch of message reads (facts/gmail-api.md section 7; RFC 2046 section 5.1).</summary>
internal static class BatchBody
{
    /// <summary>Google allows 100, advises 50; above 10 a user's own calls refuse each other (MECHANICS 9).</summary>
    public const int MaxCalls = 10;

    private const string Boundary = "butler_batch";

    private const string Fields = "id,threadId,labelIds,internalDate,raw";

    /// <summary>Part i asks for ids[i] under the Content-ID i.</summary>
    public static ByteArrayContent Create(ReadOnlySpan<string> ids)
    {
        var text = new StringBuilder(ids.Length * 220);
        for (var i = 0; i < ids.Length; i++)
        {
            text.Append("--").Append(Boundary).Append("\r\nContent-Type: application/http\r\nContent-ID: <").Append(i)
                .Append(">\r\n\r\nGET /gmail/v1/users/me/messages/").Append(ids[i])
                .Append("?format=raw&prettyPrint=false&fields=").Append(Fields).Append("\r\n\r\n\r\n");
        }

        text.Append("--").Append(Boundary).Append("--\r\n");
        var content = new ByteArrayContent(Encoding.ASCII.GetBytes(text.ToString()));
        content.Headers.ContentType = MediaTypeHeaderValue.Parse($"multipart/mixed; boundary={Boundary}");
        return content;
    }

    /// <summary>Ids go into a request line unescaped, so only what Gmail's ids are made of passes.</summary>
    public static bool IsId(string id)
    {
        if (id.Length is 0 or > 128)
        {
            return false;
        }

        foreach (var c in id)
        {
            if (!char.IsAsciiLetterOrDigit(c) && c is not ('-' or '_'))
            {
                return false;
            }
        }

        return true;
    }
}
