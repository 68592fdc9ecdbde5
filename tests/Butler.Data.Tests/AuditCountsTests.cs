using Butler.Data.Ingest;

namespace Butler.Data.Tests;

public sealed class AuditCountsTests
{
    private static readonly AuditCounts s_none = new(0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0);

    [Fact]
    public void Words_AllAccountedFor_SaysSoByState() =>
        Assert.Equal(
            "1,500 at Gmail, 1,500 accounted for: 1,488 done, 9 skipped, 2 gone, 1 dead letter.",
            (s_none with { AtProvider = 1500, Done = 1488, Skipped = 9, Gone = 2, Dead = 1 }).Words());

    [Fact]
    public void Words_EmptyMailbox_IsASentence() => Assert.Equal("0 at Gmail, 0 accounted for.", s_none.Words());

    [Fact]
    public void Words_MissingAndRepaired_SaysBoth() =>
        Assert.Equal(
            "3 at Gmail, 1 accounted for: 1 being read. 2 are missing; 2 are being read now. 1 dead letter is tried again. 4 more were deleted at Gmail. "
            + "1 more is recorded here and no longer listed by Gmail (deleted, or moved to spam or trash).",
            (s_none with { AtProvider = 3, Open = 1, Missing = 2, Repaired = 2, Retried = 1, Deleted = 4, Unlisted = 1 }).Words());

    [Fact]
    public void Recorded_States_AreSummed() =>
        Assert.Equal("12 recorded: 7 done, 2 dead letters, 3 being read.", AuditCounts.Recorded(new Dictionary<string, long> { ["done"] = 7, ["dead"] = 2, ["listed"] = 1, ["stored"] = 2 }));
}
