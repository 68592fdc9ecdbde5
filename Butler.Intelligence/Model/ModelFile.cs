using System.Runtime.InteropServices;
using System.Text;

namespace Butler.Intelligence.Model;

/// <summary>
/// The model file: magic, format, version text, then the models in order; little-endian. Equal training gives equal bytes.
/// </summary>
internal static class ModelFile
{
    private const uint Magic = 0x314D5442; // "BTM1"
    private const int MaxHashed = 1 << 22;

    /// <summary>The most a model file may weigh.</summary>
    public const int MaxBytes = 4 * 1024 * 1024;

    public static void Write(Stream stream, TriageModel model)
    {
        using var writer = new BinaryWriter(stream, Encoding.UTF8, leaveOpen: true);
        writer.Write(Magic);
        writer.Write(model.Version);
        foreach (var part in new[] { model.Request, model.Reply, model.Spam })
        {
            writer.Write(part.Name);
            writer.Write(part.Scale);
            writer.Write(part.Bias);
            writer.Write(part.Slope);
            writer.Write(part.Offset);
            writer.Write(part.Named.Length);
            foreach (var weight in part.Named)
            {
                writer.Write(weight);
            }

            writer.Write(part.Hashed.Length);
            writer.Write(MemoryMarshal.AsBytes(part.Hashed.AsSpan()));
        }
    }

    /// <summary>Reads a model file.</summary>
    /// <exception cref="InvalidDataException">The file is not a model, is cut short, or was trained for other features.</exception>
    public static TriageModel Read(Stream stream)
    {
        using var reader = new BinaryReader(stream, Encoding.UTF8, leaveOpen: true);
        try
        {
            if (reader.ReadUInt32() != Magic)
            {
                throw new InvalidDataException("Not a triage model file.");
            }

            var version = reader.ReadString();
            return new TriageModel(version, ReadPart(reader, FeatureExtractor.SentenceNamed), ReadPart(reader, NamedLayout.Count), ReadPart(reader, NamedLayout.Count));
        }
        catch (EndOfStreamException e)
        {
            throw new InvalidDataException("The triage model file is cut short.", e);
        }
    }

    private static LinearModel ReadPart(BinaryReader reader, int expectedNamed)
    {
        var name = reader.ReadString();
        var (scale, bias, slope, offset) = (reader.ReadSingle(), reader.ReadSingle(), reader.ReadSingle(), reader.ReadSingle());
        if (reader.ReadInt32() != expectedNamed)
        {
            throw new InvalidDataException($"The model '{name}' was trained for other features; run the train command.");
        }

        var named = new float[expectedNamed];
        for (var i = 0; i < named.Length; i++)
        {
            named[i] = reader.ReadSingle();
        }

        var length = reader.ReadInt32();
        if (length is <= 0 or > MaxHashed || (length & (length - 1)) != 0)
        {
            throw new InvalidDataException($"The model '{name}' has a table of a size that is not allowed.");
        }

        var hashed = new sbyte[length];
        reader.BaseStream.ReadExactly(MemoryMarshal.AsBytes(hashed.AsSpan()));
        return new LinearModel { Name = name, Scale = scale, Bias = bias, Slope = slope, Offset = offset, Named = named, Hashed = hashed };
    }
}
