using System.Runtime.CompilerServices;
using Butler.Mail;
using Xunit.Abstractions;

namespace Butler.Intelligence.Tests.Evaluation;

/// <summary>The repository's own samples: written apart from the corpora and never trained on. Not a clean
/// measure: phrases and intent rules were widened after looking at their errors. It guards against falling back.</summary>
public sealed class SampleMailTests(ITestOutputHelper output)
{
    private const string Owner = "owner@sandbox.butler.test";

    [Fact]
    public void Understand_Samples_AgreeWithTheirLabels()
    {
        int right = 0, all = 0, asked = 0, found = 0, said = 0, lostHam = 0, language = 0, intents = 0, intentsRight = 0;
        foreach (var row in File.ReadLines(Path.Combine(Folder(), "expected.tsv")).Skip(1).Select(l => l.Split('\t')).Where(r => r[5] != "sent"))
        {
            var message = MimeMessage.Parse(File.ReadAllBytes(Path.Combine(Folder(), "mails", row[0])));
            var mail = MailFeatures.Of(message, MailText.Read(message), MailSignals.Read(message), [Owner]);
            var seen = LocalTriage.Understand(mail);
            var name = seen.Verdict.Category.Name();
            all++;
            right += name == row[1] ? 1 : 0;
            asked += row[1] == "needs_reply" ? 1 : 0;
            said += name == "needs_reply" ? 1 : 0;
            found += name == "needs_reply" && row[1] == name ? 1 : 0;
            lostHam += name == "spam" && row[1] != "spam" ? 1 : 0;
            language += seen.Language == row[2] ? 1 : 0;
            if (row[6] != "-")
            {
                intents++;
                intentsRight += string.Equals(seen.Intent.Intent.ToString(), row[6], StringComparison.OrdinalIgnoreCase) ? 1 : 0;
            }

            if (name != row[1] || seen.Language != row[2] || (row[6] != "-" && !string.Equals(seen.Intent.Intent.ToString(), row[6], StringComparison.OrdinalIgnoreCase)))
            {
                output.WriteLine($"{row[0]}: {row[1]}/{row[2]}/{row[6]} seen as {name} {seen.Verdict.Confidence:F2}/{seen.Language}/{seen.Intent.Intent} | {seen.Verdict.Reasoning}");
            }
        }

        output.WriteLine($"right {right}/{all}; needs_reply recall {found}/{asked}, precision {found}/{said}; lost ham {lostHam}; language {language}/{all}; intent {intentsRight}/{intents}");
        Assert.True(found >= asked * 0.8, $"recall {found}/{asked}");
        Assert.True(found >= said * 0.75, $"precision {found}/{said}");
        Assert.True(lostHam <= 2, $"lost ham {lostHam}");
        Assert.True(language >= all * 0.95, $"language {language}/{all}");
        Assert.True(intentsRight >= intents * 0.7, $"intent {intentsRight}/{intents}");
    }

    private static string Folder([CallerFilePath] string here = "") => Path.GetFullPath(Path.Combine(Path.GetDirectoryName(here)!, "../../../samples"));
}
