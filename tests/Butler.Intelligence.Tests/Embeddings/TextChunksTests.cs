using Butler.Intelligence.Embeddings;

namespace Butler.Intelligence.Tests.Embeddings;

public sealed class TextChunksTests
{
    [Fact]
    public void Of_ShortText_IsOnePassageWithoutItsEdges()
    {
        Assert.Equal([new TextChunk(2, 5)], TextChunks.Of("  Hello \n"));
        Assert.Equal([new TextChunk(0, 0)], TextChunks.Of(""));
        Assert.Equal([new TextChunk(3, 0)], TextChunks.Of("   "));
    }

    [Fact]
    public void Of_Paragraphs_CutsBetweenThem()
    {
        var text = string.Join("\n\n", Enumerable.Range(0, 12).Select(i => $"Paragraph {i} " + new string('x', 280) + "."));
        var chunks = TextChunks.Of(text);
        Assert.True(chunks.Count > 2);
        Assert.All(chunks.SkipLast(1), c => Assert.StartsWith("\n\n", text[(c.Start + c.Length)..], StringComparison.Ordinal));
    }

    [Fact]
    public void Of_OneParagraph_CutsAfterSentencesAndOverlaps()
    {
        var text = string.Join(' ', Enumerable.Range(0, 120).Select(i => $"This is sentence number {i} of a long text."));
        var chunks = TextChunks.Of(text);
        Assert.All(chunks.SkipLast(1), c => Assert.Equal('.', text[c.Start + c.Length - 1]));
        foreach (var (before, after) in chunks.Zip(chunks.Skip(1)))
        {
            Assert.InRange(before.Length, 600, 1300);
            Assert.InRange(before.Start + before.Length - after.Start, 20, 200); // the last sentence again
        }
    }

    [Theory]
    [InlineData("a", 5000)]
    [InlineData("😀", 5000)]
    [InlineData("word ", 5000)]
    [InlineData("line\n", 5000)]
    [InlineData("x. ", 40_000)]
    public void Of_AnyText_LeavesNoGapAndSplitsNoCharacter(string piece, int times)
    {
        var text = string.Concat(Enumerable.Repeat(piece, times));
        var chunks = TextChunks.Of(text);
        Assert.InRange(chunks.Count, 2, TextChunks.Most);
        foreach (var (before, after) in chunks.Zip(chunks.Skip(1)))
        {
            Assert.True(after.Start > before.Start);
            Assert.True(text[before.Start..after.Start].Length <= before.Length || string.IsNullOrWhiteSpace(text[(before.Start + before.Length)..after.Start]));
        }

        Assert.All(chunks, c => Assert.False(char.IsLowSurrogate(text[c.Start]) || (c.Start + c.Length < text.Length && char.IsLowSurrogate(text[c.Start + c.Length]))));
    }
}
