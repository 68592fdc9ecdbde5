using System.Diagnostics;
using System.Formats.Tar;
using System.IO.Compression;
using AngleSharp.Html.Parser;
using Butler.Mail;
using HtmlTokenizer = Butler.Mail.HtmlTokenizer;

// Butler's HTML to text next to AngleSharp, on the same documents, on one core, in one process.
if (args.Length != 1 || !Directory.Exists(args[0]))
{
    Console.Error.WriteLine("usage: ./butler bench html DIR   (a folder with .html files, mails, or .tar.gz archives of these)");
    return 2;
}

List<string> documents = [];
foreach (var file in Directory.EnumerateFiles(args[0], "*", SearchOption.AllDirectories).Order(StringComparer.Ordinal))
{
    if (file.EndsWith(".tar.gz", StringComparison.Ordinal))
    {
        using var tar = new TarReader(new GZipStream(File.OpenRead(file), CompressionMode.Decompress));
        while (tar.GetNextEntry() is { } entry)
        {
            if (entry.DataStream is { } data)
            {
                using var copy = new MemoryStream();
                data.CopyTo(copy);
                Add(entry.Name, copy.ToArray());
            }
        }
    }
    else
    {
        Add(file, File.ReadAllBytes(file));
    }
}

if (documents.Count == 0)
{
    Console.Error.WriteLine("No HTML found there.");
    return 1;
}

var megabytes = documents.Sum(d => (double)d.Length) / 1e6;
Console.WriteLine($"{documents.Count} documents, {megabytes:0.0} MB (a character counts as a byte), one core, CPU time; best of 5 after warming up");
Console.WriteLine($"{"",-28}{"MB/s",8}{"ms a document",16}{"KB allocated a document",26}");
var converter = new HtmlConverter();
Measure("Butler: tokens", d => Tokens(d));
Measure("Butler: text", d => { converter.Convert(d, int.MaxValue / 4); return converter.Writer.GetText().Length; });
Measure("Butler: text, newest apart", d => MailText.FromHtmlText(d).NewText.Length);
var parser = new HtmlParser();
Measure("AngleSharp: tree", d => { using var document = parser.ParseDocument(d); return document.All.Length; }, 1);
Measure("AngleSharp: tree, text", d => { using var document = parser.ParseDocument(d); return document.DocumentElement.TextContent.Length; }, 1);
return 0;

void Measure(string name, Func<string, int> run, int warm = 6)
{
    long sum = 0;
    for (var i = 0; i < warm; i++)
    {
        sum += documents.Sum(d => (long)run(d));
    }

    var best = TimeSpan.MaxValue;
    long bytes = 0;
    for (var i = 0; i < (warm == 1 ? 2 : 5); i++)
    {
        GC.Collect();
        var before = GC.GetAllocatedBytesForCurrentThread();
        var began = Environment.CpuUsage.TotalTime;
        foreach (var document in documents)
        {
            sum += run(document);
        }

        var took = Environment.CpuUsage.TotalTime - began;
        bytes = GC.GetAllocatedBytesForCurrentThread() - before;
        best = took < best ? took : best;
    }

    Debug.Assert(sum != 0);
    Console.WriteLine(FormattableString.Invariant($"{name,-28}{megabytes / best.TotalSeconds,8:0.0}{best.TotalMilliseconds / documents.Count,16:0.000}{bytes / 1024.0 / documents.Count,26:0.0}"));
}

static int Tokens(string html)
{
    var tokens = new HtmlTokenizer(html, stackalloc char[2], stackalloc HtmlAttribute[HtmlTokenizer.MaxAttributes]);
    var count = 0;
    while (tokens.Read())
    {
        count++;
        if (tokens.Kind == HtmlTokenKind.StartTag)
        {
            switch (HtmlTags.Find(tokens.NameKey))
            {
                case HtmlTag.Style or HtmlTag.Iframe or HtmlTag.Xmp or HtmlTag.Noembed or HtmlTag.Noframes:
                    tokens.SetContent(HtmlContent.RawText);
                    break;
                case HtmlTag.Script:
                    tokens.SetContent(HtmlContent.Script);
                    break;
                case HtmlTag.Title or HtmlTag.Textarea:
                    tokens.SetContent(HtmlContent.RcData);
                    break;
            }
        }
    }

    return count;
}

void Add(string name, byte[] bytes)
{
    if (Path.GetExtension(name).ToLowerInvariant() is ".html" or ".htm")
    {
        documents.Add(Charsets.Decode(bytes, null));
    }
    else
    {
        Parts(MimeMessage.Parse(bytes).Body);
    }
}

void Parts(MimePart part)
{
    if (part.Parts.Count == 0 && part.ContentType.Is("text", "html"))
    {
        documents.Add(part.DecodeText());
    }

    foreach (var child in part.Parts)
    {
        Parts(child);
    }

    if (part.Message is { } inner)
    {
        Parts(inner.Body);
    }
}
