using System.Net;
using System.Text;
using System.Xml;
using System.Xml.Linq;

namespace Butler.Intelligence.Training;

/// <summary>Sentences that ask or do not ask: ParakweetLabs (2,902) and the BC3 threads, where annotators agree.</summary>
internal static class SentenceCorpus
{
    public static IEnumerable<LabelledSentence> Read(string data)
    {
        var files = CorpusFolder.Read(data, "intent");
        foreach (var (name, bytes) in files)
        {
            if (name.Contains("EmailIntentDataSet", StringComparison.Ordinal))
            {
                foreach (var sentence in Parakweet(name, bytes))
                {
                    yield return sentence;
                }
            }
            else if (name.EndsWith(".corpus.xml", StringComparison.Ordinal)
                && files.TryGetValue(name.Replace(".corpus.", ".annotation.", StringComparison.Ordinal), out var annotation))
            {
                foreach (var sentence in Bc3(bytes, annotation))
                {
                    yield return sentence;
                }
            }
        }
    }

    private static IEnumerable<LabelledSentence> Parakweet(string name, byte[] bytes)
    {
        foreach (var line in Encoding.UTF8.GetString(bytes).Split('\n'))
        {
            var tab = line.IndexOf('\t');
            if (tab > 0 && line[..tab] is "Yes" or "No")
            {
                yield return new LabelledSentence(line[(tab + 1)..].Trim(), line[..tab] == "Yes", "parakweet", name.Contains("testSet", StringComparison.Ordinal));
            }
        }
    }

    private static IEnumerable<LabelledSentence> Bc3(byte[] corpus, byte[] annotation)
    {
        XElement mails;
        XElement notes;
        try
        {
            mails = XElement.Parse(Encoding.UTF8.GetString(corpus));
            notes = XElement.Parse(Encoding.UTF8.GetString(annotation));
        }
        catch (XmlException)
        {
            // Some elements of the copied corpus are not well-formed; such a thread teaches nothing.
            yield break;
        }

        var people = notes.Elements("annotation").Count();
        var asked = notes.Descendants("req")
            .GroupBy(e => (string?)e.Attribute("id") ?? "").ToDictionary(g => g.Key, g => g.Count());
        foreach (var sentence in mails.Descendants("Sent"))
        {
            var text = WebUtility.HtmlDecode(sentence.Value).Trim();
            var votes = asked.GetValueOrDefault((string?)sentence.Attribute("id") ?? "");
            if (text.Length > 3 && text[0] != '>' && (votes == 0 || votes * 2 > people))
            {
                yield return new LabelledSentence(text, votes > 0, "bc3", IsTest: false, 0.7f);
            }
        }
    }
}
