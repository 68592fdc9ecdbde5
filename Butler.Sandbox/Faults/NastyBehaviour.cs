using System.Buffers;
using System.Globalization;
using System.Text;
using Butler.Sandbox.Mail;
using Butler.Sandbox.State;

namespace Butler.Sandbox.Faults;

/// <summary>Decides by the seed where nasty behaviour strikes. Has no state: the same question has the same answer.</summary>
internal sealed class NastyBehaviour(NastyOptions options)
{
    private readonly ulong _seed = Ids.Mix((ulong)(options.Seed ?? 1));

    public bool PageShift => On(options.PageShift);

    public bool DraftIdChanges => On(options.DraftIds);

    public int MaxPage => Math.Clamp(options.MaxPage, 1, Limits.PageSize);

    public TimeSpan LateBy => options.LateBy;

    public TimeSpan SlowBy => options.SlowBy;

    /// <summary>Whether a listing with q finds this message yet.</summary>
    public bool IsSearchable(SandboxMail mail, long now)
    {
        if (mail.ArrivedAt is not { } arrived || !On(options.SearchLag))
        {
            return true;
        }

        var dice = Dice(1, mail.Key);
        return dice % 16 != 0 && now - arrived >= (long)((dice >> 8) % (ulong)Math.Max(1, (long)options.MaxSearchLag.TotalMilliseconds));
    }

    /// <summary>Changes places of neighbours.</summary>
    public void Disorder<T>(List<T> page, Func<T, ulong> key)
    {
        if (!On(options.Disorder))
        {
            return;
        }

        for (var i = 1; i < page.Count; i++)
        {
            if (Dice(2, key(page[i])) % 5 == 0)
            {
                (page[i - 1], page[i]) = (page[i], page[i - 1]);
                i++;
            }
        }
    }

    public bool IsTokenExpired(ulong number) => On(options.PageTokenExpiry) && Dice(3, number) % (ulong)Math.Max(1, options.PageTokenOneIn) == 0;

    public bool IsLate(ulong account, ulong number) => On(options.LateExecution) && Dice(4, account ^ Ids.Mix(number)) % (ulong)Math.Max(1, options.LateOneIn) == 0;

    /// <summary>Whether a new draft is saved again at once, which changes its ids.</summary>
    public bool IsSavedAgain(ulong message) => DraftIdChanges && Dice(8, message) % 3 == 0;

    public ulong HistoryJump(ulong account, ulong history) => On(options.HistoryJumps) ? Dice(5, account ^ history) % 5_000 : 0;

    public long ArrivalDate(ulong account, ulong id, long now)
    {
        var dice = Dice(6, account ^ id);
        return On(options.OldDates) && dice % 4 == 0 ? now - (long)((dice >> 8) % (60 * 86_400_000UL)) : now;
    }

    /// <summary>By how much this account's answers are late now.</summary>
    public TimeSpan Delay(ulong account, DateTimeOffset now)
    {
        if (!On(options.SlowAccounts))
        {
            return TimeSpan.Zero;
        }

        var phase = now.UtcTicks / Math.Max(1, options.SlowPhase.Ticks);
        return Dice(7, account ^ (ulong)phase) % (ulong)Math.Max(1, options.SlowOneIn) == 0 ? options.SlowBy : TimeSpan.Zero;
    }

    /// <summary>What happens to a notification.</summary>
    public FaultKind? PushFault(ulong number) => !On(options.Push) ? null : (Dice(9, number) % 10) switch
    {
        0 => FaultKind.Drop,
        1 => FaultKind.Duplicate,
        2 => FaultKind.Delay,
        3 => FaultKind.Reorder,
        _ => null,
    };

    /// <summary>Whether a mail goes right before it is fetched.</summary>
    public bool Vanishes(SandboxMail mail) => On(options.Vanish) && mail.ArrivedAt is not null && Dice(10, mail.Key) % (ulong)Math.Max(1, options.VanishOneIn) == 0;

    /// <summary>Whether the history is forgotten right before it is read.</summary>
    public bool IsHistoryForgotten(ulong account, ulong number) => On(options.HistoryExpiry) && Dice(11, account ^ Ids.Mix(number)) % (ulong)Math.Max(1, options.HistoryOneIn) == 0;

    /// <summary>The fault that a call meets.</summary>
    public FaultKind? CallFault(ulong account, ulong number)
    {
        if (options.Errors is not true)
        {
            return null;
        }

        var dice = Dice(12, account ^ Ids.Mix(number));
        return dice % (ulong)Math.Max(1, options.ErrorOneIn) == 0 ? s_errors[(dice >> 16) % (ulong)s_errors.Length] : null;
    }

    /// <summary>What saving does to a draft's bytes.</summary>
    public ReadOnlyMemory<byte> RewriteDraft(ReadOnlyMemory<byte> raw, ulong id)
    {
        if (!On(options.DraftRewrite))
        {
            return raw;
        }

        var output = new ArrayBufferWriter<byte>(raw.Length + 128);
        output.Write(Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $"Message-ID: <CA{id:x16}@mail.gmail.com>\r\n")));
        var scan = new HeaderScan(raw.Span);
        while (scan.Next())
        {
            if (KnownFields.Contains(Encoding.ASCII.GetString(scan.Name)))
            {
                output.Write(raw.Span[scan.FieldStart..scan.Position]);
            }
        }

        output.Write("\r\n"u8);
        output.Write(raw.Span[scan.Position..]);
        return output.WrittenMemory;
    }

    private bool On(bool? one) => one ?? options.Seed is not null;

    private ulong Dice(ulong what, ulong about) => Ids.Mix(_seed ^ Ids.Mix(about ^ Ids.Mix(what)));

    private static readonly FaultKind[] s_errors =
    [
        FaultKind.InternalError, FaultKind.Unavailable, FaultKind.Unauthorized, FaultKind.UserRateLimit, FaultKind.RateLimit, FaultKind.TooManyRequests, FaultKind.ConcurrentLimit,
        FaultKind.Slow, FaultKind.Hang, FaultKind.CutBody, FaultKind.ExecutedNoAnswer, FaultKind.NotExecutedNoAnswer,
    ];

    private static readonly HashSet<string> KnownFields = new(StringComparer.OrdinalIgnoreCase)
    {
        "From", "To", "Cc", "Bcc", "Reply-To", "Subject", "Date", "In-Reply-To", "References", "MIME-Version",
        "Content-Type", "Content-Transfer-Encoding", "Content-Disposition", "Content-ID", "Content-Language",
    };
}
