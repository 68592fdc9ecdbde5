using System.Formats.Tar;
using System.IO.Compression;

namespace Butler.Testing;

/// <summary>The corpus of real mail in shared/corpus; absent on a user's machine, so tests that need it skip.</summary>
public static class Corpus
{
    /// <summary>The corpus folder, or null where there is none.</summary>
    public static string? Folder { get; } = Find();

    /// <summary>Reads the input files of an archive, such as ("mime", "mime.tar.gz").</summary>
    public static IEnumerable<(string Name, byte[] Bytes)> Read(string kind, string archive)
    {
        using var file = File.OpenRead(Path.Combine(Folder!, kind, archive));
        using var gzip = new GZipStream(file, CompressionMode.Decompress);
        using var tar = new TarReader(gzip);
        while (tar.GetNextEntry() is { } entry)
        {
            if (entry.EntryType is not (TarEntryType.RegularFile or TarEntryType.V7RegularFile) || entry.DataStream is null)
            {
                continue;
            }

            using var copy = new MemoryStream();
            entry.DataStream.CopyTo(copy);
            yield return (entry.Name, copy.ToArray());
        }
    }

    /// <summary>The rows of a kind's MANIFEST.tsv as dictionaries by column name.</summary>
    public static IReadOnlyList<Dictionary<string, string>> Manifest(string kind)
    {
        var lines = File.ReadAllLines(Path.Combine(Folder!, kind, "MANIFEST.tsv"));
        var columns = lines[0].TrimStart('#', ' ').Split('\t');
        return [.. lines.Skip(1).Where(l => l.Length > 0).Select(l => l.Split('\t'))
            .Select(cells => columns.Zip(cells).ToDictionary(p => p.First, p => p.Second))];
    }

    private static string? Find()
    {
        if (Environment.GetEnvironmentVariable("BUTLER_CORPUS") is { Length: > 0 } given)
        {
            return Directory.Exists(given) ? given : null;
        }

        for (var dir = new DirectoryInfo(AppContext.BaseDirectory); dir is not null; dir = dir.Parent)
        {
            var candidate = Path.Combine(dir.FullName, "shared", "corpus");
            if (File.Exists(Path.Combine(candidate, "README.md")))
            {
                return candidate;
            }
        }

        return null;
    }
}

/// <summary>A fact that needs the corpus of real mail and is skipped where the folder is absent.</summary>
public sealed class CorpusFactAttribute : Xunit.FactAttribute
{
    /// <summary>Skips where there is no corpus.</summary>
    public CorpusFactAttribute()
    {
        if (Corpus.Folder is null)
        {
            Skip = "needs the mail corpus (../shared/corpus or BUTLER_CORPUS), which is not here";
        }
    }
}
