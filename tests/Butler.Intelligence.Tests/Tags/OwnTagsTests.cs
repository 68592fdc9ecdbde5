using Butler.Intelligence.Chat.Judging;

namespace Butler.Intelligence.Tests.Tags;

public sealed class OwnTagsTests
{
    private static readonly MailFeatures s_mail = new()
    {
        Subject = "Your move: offer no. 7",
        NewText = "Dear Olivia,\n\nthe moving\n  company’s offer is attached. 引越しのお見積り.",
        From = new("Anna", "Anna@Office.Movers.example"),
        To = ["me+house@example.org"],
        Cc = ["team@example.net"],
        ListId = "dev.example.org",
    };

    [Theory]
    [InlineData("from", "movers.example", true)]
    [InlineData("from", "@movers.example", true)]
    [InlineData("from", "anna@office.movers.example", true)]
    [InlineData("from", "bert@office.movers.example", false)]
    [InlineData("from", "vers.example", false)]
    [InlineData("to", "ME+house@example.org", true)]
    [InlineData("to", "example.net", true)]
    [InlineData("to", "example.com", false)]
    [InlineData("subject", "your MOVE", true)]
    [InlineData("subject", "company", false)]
    [InlineData("words", "moving company's", true)]
    [InlineData("words", "mov", false)]
    [InlineData("words", "no. 7", true)]
    [InlineData("words", "no. 71", false)]
    [InlineData("words", "見積", true)]
    [InlineData("list", "<dev.example.org>", true)]
    [InlineData("list", "dev.example", false)]
    public void Of_OneField_FitsAsWritten(string field, string entry, bool fits) =>
        Assert.Equal(fits ? ["house"] : [], Own(("house", Rule("all", (field, entry)))).Of(s_mail));

    [Fact]
    public void Of_SeveralFields_AllOrAny()
    {
        var fields = new[] { ("from", "movers.example"), ("words", "nothing of it") };
        Assert.Empty(Own(("house", Rule("all", fields))).Of(s_mail));
        Assert.Equal(["house"], Own(("house", Rule("any", fields))).Of(s_mail));
        Assert.Equal(["house"], Own(("house", Rule("all", ("from", "movers.example"), ("subject", "offer")))).Of(s_mail));
        Assert.Equal(["one"], Own(("none", TagRule.None), ("one", Rule("any", ("subject", "offer")))).Of(s_mail));
    }

    [Theory]
    [InlineData("work", "d", "name", true)]
    [InlineData("Work", "d", "name", false)]
    [InlineData("a", "d", "name", false)]
    [InlineData("a--b", "d", "name", false)]
    [InlineData("-ab", "d", "name", false)]
    [InlineData("maß", "d", "name", false)]
    [InlineData("house", "", "description", false)]
    public void Check_WhatIsWrong_IsNamed(string name, string description, string field, bool taken)
    {
        var draft = TagDraft.Check(name, description, TagRule.None);
        Assert.Null(draft.Tag);
        Assert.Equal((field, taken), (draft.Field, draft.IsTaken));
    }

    [Fact]
    public void Check_Rules_AreBroughtIntoOneFormOrRefused()
    {
        var tag = TagDraft.Check("house-move", "  About\n our move ", new() { Words = [" New  FLAT", "new flat", ""], From = ["@Movers.Example"], List = ["<a.b>"] }).Tag!;
        Assert.Equal("About our move", tag.Description);
        Assert.Equal("new flat|movers.example|a.b", string.Join('|', tag.Rule.Words.Concat(tag.Rule.From).Concat(tag.Rule.List)));
        Assert.Equal(tag.Rule.ToJson(), TagRule.Parse(tag.Rule.ToJson()).ToJson());
        foreach (var (wrong, field) in ((TagRule, string)[])
        [
            (new() { Match = "some" }, "match"), (new() { From = ["boss"] }, "from"), (new() { To = ["a b@example.org"] }, "to"), (new() { Words = ["!!"] }, "words"),
            (new() { Subject = [new('x', 101)] }, "subject"), (new() { Words = [.. Enumerable.Range(0, 21).Select(i => $"w{i}")] }, "words"), (new() { List = ["a b"] }, "list"),
        ])
        {
            Assert.Equal(field, TagDraft.Check("house", "d", wrong).Field);
        }

        Assert.Equal("description", TagDraft.Check("house", new('x', 201), TagRule.None).Field);
    }

    [Fact]
    public void Read_AnswersTags_OnlyButlersAndTheOwnersStay()
    {
        const string Answer = """{"category":"spam","confidence":0.5,"reason":"r","summary":"s","tags":["house","garden","work"]}""";
        Assert.Equal(["work"], TriageAnswer.Read(Answer).Answer!.Tags);
        var own = Own(("house", TagRule.None));
        Assert.Equal(["house", "work"], TriageAnswer.Read(Answer, own).Answer!.Tags);
        Assert.Contains("\"house\"", TriageAnswer.SchemaFor(own).GetRawText(), StringComparison.Ordinal);
        Assert.DoesNotContain("\"house\"", TriageAnswer.SchemaFor(OwnTags.Empty).GetRawText(), StringComparison.Ordinal);
        Assert.NotEqual(own.Key, new OwnTags([new("house", "other", TagRule.None)]).Key);
    }

    private static OwnTags Own(params (string Name, TagRule Rule)[] tags) => new([.. tags.Select(t => new OwnTag(t.Name, "d", t.Rule.Normalized().Rule!))]);

    private static TagRule Rule(string match, params (string Field, string Entry)[] entries)
    {
        IReadOnlyList<string> Of(string field) => [.. entries.Where(e => e.Field == field).Select(e => e.Entry)];
        return new() { Match = match, From = Of("from"), To = Of("to"), Subject = Of("subject"), Words = Of("words"), List = Of("list") };
    }
}
