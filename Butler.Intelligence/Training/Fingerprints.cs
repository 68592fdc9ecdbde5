using System.Reflection;
using System.Runtime.InteropServices;
using Butler.Intelligence.Text;

namespace Butler.Intelligence.Training;

/// <summary>
/// What the shipped model was trained on, as hashes: eval leaves out of a folder what the model has seen. A text is known by the hash
/// of all its words, or when half of its sketch (the smallest hashes of its three-word sequences, Broder 1997) is that of one text.
/// </summary>
internal sealed class Fingerprints
{
    private const uint Magic = 0x31465442; // "BTF1"
    private const int SketchSize = 16;
    private const int MaxEntries = 1 << 20;

    private static readonly Lazy<Fingerprints> s_shipped = new(LoadShipped);
    private readonly HashSet<ulong> _texts;
    private readonly Dictionary<uint, List<int>> _where = [];

    private Fingerprints(HashSet<ulong> texts, uint[] sketches)
    {
        _texts = texts;
        for (var i = 0; i < sketches.Length; i++)
        {
            CollectionsMarshal.GetValueRefOrAddDefault(_where, sketches[i], out _) ??= [];
            _where[sketches[i]].Add(i / SketchSize);
        }
    }

    /// <summary>Of the shipped model.</summary>
    public static Fingerprints Shipped => s_shipped.Value;

    /// <summary>How many texts there are.</summary>
    public int Count => _texts.Count;

    /// <summary>The file for a training set; the same set gives the same bytes.</summary>
    public static byte[] Write(IEnumerable<LabelledMail> mails, IEnumerable<LabelledSentence> sentences)
    {
        var (texts, sketches) = (new SortedSet<ulong>(), new List<uint[]>());
        foreach (var mail in mails)
        {
            var (text, sketch) = Of(mail.Mail.Subject, mail.Mail.NewText);
            texts.Add(text);
            if (sketch.Length == SketchSize)
            {
                sketches.Add(sketch);
            }
        }

        foreach (var sentence in sentences)
        {
            texts.Add(Of("", sentence.Text).Text);
        }

        using var file = new MemoryStream();
        using (var writer = new BinaryWriter(file))
        {
            writer.Write(Magic);
            writer.Write(texts.Count);
            foreach (var text in texts)
            {
                writer.Write(text);
            }

            writer.Write(sketches.Count);
            foreach (var value in sketches.SelectMany(s => s))
            {
                writer.Write(value);
            }
        }

        return file.ToArray();
    }

    /// <summary>Reads such a file.</summary>
    /// <exception cref="InvalidDataException">It is none, or cut short.</exception>
    public static Fingerprints Read(Stream stream)
    {
        using var reader = new BinaryReader(stream);
        try
        {
            if (reader.ReadUInt32() != Magic)
            {
                throw new InvalidDataException("Not a list of training texts.");
            }

            var texts = new HashSet<ulong>();
            for (var left = Limited(reader.ReadInt32()); left > 0; left--)
            {
                texts.Add(reader.ReadUInt64());
            }

            var sketches = new uint[Limited(reader.ReadInt32()) * SketchSize];
            for (var i = 0; i < sketches.Length; i++)
            {
                sketches[i] = reader.ReadUInt32();
            }

            return new Fingerprints(texts, sketches);
        }
        catch (EndOfStreamException e)
        {
            throw new InvalidDataException("The list of training texts is cut short.", e);
        }
    }

    /// <summary>Whether the model has seen this text, or one nearly the same.</summary>
    public bool Knows(string subject, string newText)
    {
        var (text, sketch) = Of(subject, newText);
        if (_texts.Contains(text))
        {
            return true;
        }

        if (sketch.Length < SketchSize)
        {
            return false;
        }

        var shared = new Dictionary<int, int>();
        foreach (var value in sketch)
        {
            foreach (var known in _where.GetValueOrDefault(value) ?? [])
            {
                if ((CollectionsMarshal.GetValueRefOrAddDefault(shared, known, out _) += 1) * 2 >= SketchSize)
                {
                    return true;
                }
            }
        }

        return false;
    }

    /// <summary>Whether the model has seen this mail.</summary>
    public bool Knows(LabelledMail mail) => Knows(mail.Mail.Subject, mail.Mail.NewText);

    private static int Limited(int count) => count is >= 0 and <= MaxEntries ? count : throw new InvalidDataException("The list of training texts says an impossible length.");

    private static (ulong Text, uint[] Sketch) Of(string subject, string newText)
    {
        var scan = TextScan.Of(subject, newText);
        var all = 0UL;
        foreach (var token in scan.Tokens)
        {
            all = WordHash.Combine(all, token);
        }

        var tokens = scan.Tokens[scan.SubjectTokens..];
        var sequences = new SortedSet<uint>();
        for (var i = 2; i < tokens.Length; i++)
        {
            sequences.Add((uint)(WordHash.Combine(WordHash.Combine(tokens[i - 2], tokens[i - 1]), tokens[i]) >> 32));
        }

        return (all, [.. sequences.Take(SketchSize)]);
    }

    private static Fingerprints LoadShipped()
    {
        using var stream = Assembly.GetExecutingAssembly().GetManifestResourceStream("Butler.Intelligence.Model.trained.bin")
            ?? throw new InvalidOperationException("The file trained.bin is not embedded; run the train command.");
        return Read(stream);
    }
}
