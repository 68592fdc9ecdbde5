using System.Reflection;

namespace Butler.Architecture.Tests;

/// <summary>The reference rules of DESIGN section 2, read off the built assemblies.</summary>
public sealed class ReferenceRuleTests
{
    private static readonly string[] s_libraries = ["Butler.Mail", "Butler.Mailboxes", "Butler.Data", "Butler.Messaging", "Butler.Intelligence", "Butler.ServiceDefaults"];

    public static TheoryData<string, string[]> Rules => new()
    {
        { "Butler.Mail", [] },
        { "Butler.Data", [] },
        { "Butler.ServiceDefaults", [] },
        { "Butler.Mailboxes", ["Butler.Mail"] },
        { "Butler.Messaging", ["Butler.Data"] },
        { "Butler.Intelligence", ["Butler.Mail"] },
        { "Butler.Sandbox", ["Butler.Mail"] },
        { "Butler.Ingest", s_libraries },
        { "Butler.Classifier", s_libraries },
        { "Butler.Responder", s_libraries },
        { "Butler.Progress", s_libraries },
        { "Butler.Cli", s_libraries },
    };

    [Theory]
    [MemberData(nameof(Rules))]
    public void References_OfARoom_StayWithinItsRule(string room, string[] allowed)
    {
        var references = Assembly.Load(room).GetReferencedAssemblies().Select(a => a.Name!).Where(n => n.StartsWith("Butler.", StringComparison.Ordinal));

        Assert.Empty(references.Except(allowed));
    }

    [Fact]
    public void Rules_CoverEveryRoom()
    {
        var rooms = Directory.GetDirectories(Repository.Root, "Butler.*").Select(Path.GetFileName).Where(n => n != "Butler.AppHost");

        Assert.Empty(rooms.Except(Rules.Select(r => (string)r[0])));
    }
}
