extern alias cli;

using cli::Butler.Cli.Audit;

namespace Butler.Services.Tests.Cli;

public sealed class AuditTests
{
    private static readonly AuditAnswer s_audit = new(Guid.Empty, Guid.Empty, "completed", false, null, 3, 0, 0, 0, [], "3 at Gmail, 3 accounted for: 3 done.", null);

    [Fact]
    public void Lines_NothingMissing_IsOneSentence() =>
        Assert.Equal(["erika@example.com: 3 at Gmail, 3 accounted for: 3 done."], AuditCommand.Lines(s_audit, "erika@example.com"));

    [Fact]
    public void Lines_Missing_AreNamedAndTheRepairIsOffered() =>
        Assert.Equal(
            ["a, since 2026-05-21: W", "  missing  m1", "  missing  m2", "  ./butler audit --repair records them, and they are read at once."],
            AuditCommand.Lines(s_audit with { RangeFrom = new(2026, 5, 21, 9, 0, 0, TimeSpan.Zero), Missing = 2, MissingEmailIds = ["m1", "m2"], Words = "W" }, "a"));

    [Fact]
    public void Lines_Failed_GivesTheReason() =>
        Assert.Equal(["a: Connect it again."], AuditCommand.Lines(s_audit with { Status = "failed", Words = null, Error = "Connect it again." }, "a"));
}
