using System.Buffers;
using System.Globalization;
using Butler.Sandbox.Mail;

namespace Butler.Sandbox.State;

/// <summary>One message of one account. Small, because there may be millions; the bytes are shared.</summary>
public sealed class SandboxMail
{
    internal SandboxMail(ulong id, ulong threadId, MailContent content, long internalDate, string[] labels)
    {
        Key = id;
        ThreadKey = threadId;
        Content = content;
        InternalDate = internalDate;
        Labels = labels;
    }

    /// <summary>The id as the API shows it: 16 hexadecimal digits.</summary>
    public string Id => Ids.Text(Key);

    /// <summary>The thread's id, which is that of its first message.</summary>
    public string ThreadId => Ids.Text(ThreadKey);

    /// <summary>Label ids now; the array is replaced, never changed.</summary>
    public IReadOnlyList<string> LabelIds => Labels;

    /// <summary>When the mail was accepted, Unix milliseconds.</summary>
    public long InternalDate { get; }

    /// <summary>The last history record that changed this message.</summary>
    public ulong HistoryId { get; internal set; }

    /// <summary>The Message-ID without angle brackets.</summary>
    public string? MessageId => Content.MessageId;

    /// <summary>The whole message.</summary>
    public byte[] Raw()
    {
        if (!Redated)
        {
            return Content.Bytes.ToArray();
        }

        var buffer = new ArrayBufferWriter<byte>(Content.Bytes.Length + 64);
        Content.WriteRedated(InternalDate, buffer);
        return buffer.WrittenSpan.ToArray();
    }

    internal ulong Key { get; }

    internal ulong ThreadKey { get; }

    internal MailContent Content { get; }

    internal string[] Labels { get; set; }

    /// <summary>The Date field is written anew from <see cref="InternalDate"/>.</summary>
    internal bool Redated { get; init; }

    /// <summary>When it came while the sandbox ran; null for mail that was there from the start.</summary>
    internal long? ArrivedAt { get; init; }

    internal bool Has(string label) => Array.IndexOf(Labels, label) >= 0;
}

/// <summary>Ids: 64 bits, shown as Gmail does in lower-case hexadecimal.</summary>
internal static class Ids
{
    public static string Text(ulong id) => id.ToString("x16", CultureInfo.InvariantCulture);

    public static bool TryParse(string text, out ulong id)
    {
        id = 0;
        return text.Length is > 0 and <= 16 && ulong.TryParse(text, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out id);
    }

    /// <summary>An id that is the same for the same inputs; its first digit is 1, as Gmail's are these years.</summary>
    public static ulong Make(ulong a, ulong b, ulong c) => (Mix(a ^ Mix(b ^ Mix(c))) >> 4) | 0x1000_0000_0000_0000;

    /// <summary>SplitMix64's finaliser.</summary>
    public static ulong Mix(ulong x)
    {
        x += 0x9E37_79B9_7F4A_7C15;
        x = (x ^ (x >> 30)) * 0xBF58_476D_1CE4_E5B9;
        x = (x ^ (x >> 27)) * 0x94D0_49BB_1331_11EB;
        return x ^ (x >> 31);
    }

    /// <summary>A stable hash of a text (FNV-1a), the same in every process.</summary>
    public static ulong Hash(string text)
    {
        var hash = 14_695_981_039_346_656_037UL;
        foreach (var c in text)
        {
            hash = (hash ^ c) * 1_099_511_628_211UL;
        }

        return Mix(hash);
    }
}
