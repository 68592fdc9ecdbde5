using System.Diagnostics;
using Butler.Testing;
using Xunit.Abstractions;

namespace Butler.Mail.Tests.Text.Html;

/// <summary>The converter next to AngleSharp's tree, on every HTML document of the corpus.</summary>
public sealed class HtmlCorpusTests(ITestOutputHelper output)
{
    [CorpusFact]
    public void Convert_AllDocuments_HaveTheTextOfTheTree()
    {
        var same = Compare(hide: false);
        Assert.True(same > 0.99, $"{same:P2}");
    }

    [CorpusFact]
    public void Convert_AllDocuments_ShowWhatTheTreeShows()
    {
        var same = Compare(hide: true);
        Assert.True(same > 0.9, $"{same:P2}");
    }

    private double Compare(bool hide)
    {
        var converter = new HtmlConverter();
        List<string> different = [];
        var clock = new Stopwatch();
        foreach (var (name, html) in CorpusHtml.All)
        {
            clock.Start();
            converter.Convert(html, int.MaxValue / 4, decorate: false, hide);
            clock.Stop();
            var ours = TreeText.Squash(converter.Writer.GetText());
            var theirs = TreeText.Squash(TreeText.Of(html, hide));
            if (ours != theirs)
            {
                different.Add(name);
                var at = 0;
                while (at < ours.Length && at < theirs.Length && ours[at] == theirs[at])
                {
                    at++;
                }

                output.WriteLine($"{name} ({ours.Length} and {theirs.Length}) at {at}\n   ours: {Piece(ours, at)}\n   tree: {Piece(theirs, at)}");
            }
        }

        var all = CorpusHtml.All;
        output.WriteLine($"{all.Count} documents, {all.Sum(d => d.Html.Length) / 1e6:0.0} MB: {all.Count - different.Count} the same ({1 - ((double)different.Count / all.Count):P2}); {all.Sum(d => d.Html.Length) / 1e6 / clock.Elapsed.TotalSeconds:0} MB/s");
        return 1 - ((double)different.Count / all.Count);
    }

    private static string Piece(string text, int at) => text[Math.Max(0, at - 20)..Math.Min(text.Length, at + 60)];
}
