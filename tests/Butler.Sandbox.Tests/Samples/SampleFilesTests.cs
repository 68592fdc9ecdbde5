using System.Globalization;
using System.Text;

namespace Butler.Sandbox.Tests.Samples;

/// <summary>Holds the checked-in samples to what samples/README.md says of them.</summary>
public sealed class SampleFilesTests
{
    internal static readonly string Folder = FindFolder();

    private static readonly string[] Columns = ["file", "category", "language", "draft_expected", "note", "kind", "intent"];

    private static readonly string[] Intents = ["question", "request", "meeting", "invitation", "thanks", "complaint"];

    private static readonly IReadOnlyList<Dictionary<string, string>> Rows = ReadExpected();

    private static readonly string[] Names =
        [.. Directory.EnumerateFiles(Path.Combine(Folder, "mails")).Select(f => Path.GetFileName(f)).Order(StringComparer.Ordinal)];

    public static TheoryData<string> Files => new(Names);

    [Fact]
    public void Set_Complete_HasAtLeastSixtyMails() => Assert.True(Names.Length >= 60);

    [Theory]
    [MemberData(nameof(Files))]
    public void File_OnDisk_HasOnlyCrLfLineEnds(string file)
    {
        var bytes = ReadMail(file);
        for (var i = 0; i < bytes.Length; i++)
        {
            var paired = bytes[i] switch
            {
                (byte)'\n' => i > 0 && bytes[i - 1] == '\r',
                (byte)'\r' => i + 1 < bytes.Length && bytes[i + 1] == '\n',
                _ => true,
            };
            Assert.True(paired, $"lone line-end byte at {i}");
        }
    }

    [Theory]
    [MemberData(nameof(Files))]
    public void File_Header_CarriesOneAgeAndDateAndMessageId(string file)
    {
        Assert.InRange(Age(file), 0.0, 360.0);
        Assert.Single(HeaderValues(file, "Date"));
        Assert.Single(HeaderValues(file, "Message-ID"));
        Assert.Single(HeaderValues(file, "From"));
    }

    [Fact]
    public void Expected_AllFiles_NamesEachOnceWithKnownValues()
    {
        Assert.Equal(Names, Rows.Select(r => r["file"]).Order(StringComparer.Ordinal));
        Assert.All(Rows, r =>
        {
            Assert.Contains(r["category"], new[] { "needs_reply", "informational", "spam" });
            Assert.Contains(r["draft_expected"], new[] { "yes", "no" });
            Assert.Contains(r["intent"], Intents.Append("-"));
            Assert.Equal(2, r["language"].Length);
            Assert.NotEmpty(r["note"]);
        });
    }

    [Fact]
    public void Expected_DraftDue_IsNeedsReplyYoungerThanSixDaysAndNotFromTheOwner() =>
        Assert.All(Rows.Where(r => r["draft_expected"] == "yes"), r =>
        {
            Assert.Equal("needs_reply", r["category"]);
            Assert.InRange(Age(r["file"]), 0.0, 6.0);
            Assert.DoesNotContain("owner@sandbox.butler.test", HeaderValues(r["file"], "From").Single(), StringComparison.Ordinal);
        });

    [Fact]
    public void Expected_DraftDue_CoversEachIntentInEachLanguage() =>
        Assert.All(
            from language in new[] { "en", "de", "fr", "es" } from intent in Intents select (language, intent),
            pair => Assert.Contains(Rows, r => r["draft_expected"] == "yes" && r["language"] == pair.language && r["intent"] == pair.intent));

    [Theory]
    [InlineData("person", 30)]
    [InlineData("thread", 6)]
    [InlineData("sent", 5)]
    [InlineData("meeting", 4)]
    [InlineData("list", 4)]
    [InlineData("newsletter", 5)]
    [InlineData("receipt", 5)]
    [InlineData("bank", 4)]
    [InlineData("shipping", 3)]
    [InlineData("security", 3)]
    [InlineData("social", 2)]
    [InlineData("automatic", 4)]
    [InlineData("spam", 10)]
    public void Expected_Kind_HasEnoughMails(string kind, int least) =>
        Assert.True(Rows.Count(r => r["kind"] == kind) >= least, $"fewer than {least} of {kind}");

    [Fact]
    public void Expected_SentRows_AreExactlyTheOwnersMails() =>
        Assert.All(Rows, r => Assert.Equal(
            r["kind"] == "sent",
            HeaderValues(r["file"], "From").Single().Contains("<owner@sandbox.butler.test>", StringComparison.Ordinal)));

    [Fact]
    public void Thread_Answer_IsYoungerThanWhatItAnswers()
    {
        var ages = Rows.ToDictionary(r => HeaderValues(r["file"], "Message-ID").Single(), r => Age(r["file"]));
        var answers = Rows.Where(r => HeaderValues(r["file"], "In-Reply-To").Count == 1).ToList();

        Assert.True(answers.Count >= 10);
        Assert.All(answers, r => Assert.True(ages[HeaderValues(r["file"], "In-Reply-To").Single()] > Age(r["file"]), r["file"]));
    }

    [Fact]
    public void Ages_All_SpreadOverTheYear() =>
        Assert.All(Enumerable.Range(0, 12), month => Assert.Contains(Rows, r => (int)(Age(r["file"]) / 30) == month));

    private static double Age(string file) =>
        double.Parse(HeaderValues(file, "X-Butler-Sample-Age").Single(), NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture);

    private static List<string> HeaderValues(string file, string name)
    {
        var text = Encoding.Latin1.GetString(ReadMail(file));
        var header = text[..text.IndexOf("\r\n\r\n", StringComparison.Ordinal)];
        return [.. header.Split("\r\n").Where(l => l.StartsWith(name + ":", StringComparison.OrdinalIgnoreCase)).Select(l => l[(name.Length + 1)..].Trim())];
    }

    private static byte[] ReadMail(string file) => File.ReadAllBytes(Path.Combine(Folder, "mails", file));

    private static List<Dictionary<string, string>> ReadExpected()
    {
        var lines = File.ReadAllLines(Path.Combine(Folder, "expected.tsv"));
        Assert.Equal(Columns, lines[0].Split('\t'));
        return [.. lines.Skip(1).Select(l => l.Split('\t')).Select(cells =>
        {
            Assert.Equal(Columns.Length, cells.Length);
            return Columns.Zip(cells).ToDictionary(p => p.First, p => p.Second);
        })];
    }

    private static string FindFolder()
    {
        for (var dir = new DirectoryInfo(AppContext.BaseDirectory); dir is not null; dir = dir.Parent)
        {
            if (File.Exists(Path.Combine(dir.FullName, "Butler.sln")))
            {
                return Path.Combine(dir.FullName, "samples");
            }
        }

        throw new DirectoryNotFoundException("The repository root (Butler.sln) is not above the test's folder.");
    }
}
