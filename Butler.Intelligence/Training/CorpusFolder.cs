using System.Formats.Tar;
using System.IO.Compression;

namespace Butler.Intelligence.Training;

/// <summary>Reads one kind of a corpus folder (<c>kind/kind.tar.gz</c> with <c>kind/MANIFEST.tsv</c>), packed or unpacked.</summary>
internal static class CorpusFolder
{
    private const long MaxFile = 64 * 1024 * 1024;

    /// <summary>The files of a kind's main archive in ordinal order of their names. Archives kept apart for their terms are never read.</summary>
    public static SortedDictionary<string, byte[]> Read(string data, string kind)
    {
        var files = new SortedDictionary<string, byte[]>(StringComparer.Ordinal);
        var archive = Path.Combine(data, kind, kind + ".tar.gz");
        if (!File.Exists(archive))
        {
            ReadUnpacked(Path.Combine(data, kind), files);
            return files;
        }

        using var stream = File.OpenRead(archive);
        using var gzip = new GZipStream(stream, CompressionMode.Decompress);
        using var tar = new TarReader(gzip);
        while (tar.GetNextEntry() is { } entry)
        {
            if (entry.EntryType is TarEntryType.RegularFile or TarEntryType.V7RegularFile && entry.DataStream is { Length: <= MaxFile } content)
            {
                using var copy = new MemoryStream();
                content.CopyTo(copy);
                files[entry.Name.StartsWith("./", StringComparison.Ordinal) ? entry.Name[2..] : entry.Name] = copy.ToArray();
            }
        }

        return files;
    }

    /// <summary>Label by file name, main archive only.</summary>
    public static Dictionary<string, string> Labels(string data, string kind)
    {
        var labels = new Dictionary<string, string>(StringComparer.Ordinal);
        var manifest = Path.Combine(data, kind, "MANIFEST.tsv");
        if (!File.Exists(manifest))
        {
            return labels;
        }

        foreach (var line in File.ReadLines(manifest).Skip(1))
        {
            var cells = line.Split('\t');
            if (cells.Length >= 7 && cells[6] == kind + ".tar.gz")
            {
                labels[cells[0]] = cells[2];
            }
        }

        return labels;
    }

    private static void ReadUnpacked(string folder, SortedDictionary<string, byte[]> files)
    {
        if (!Directory.Exists(folder))
        {
            return;
        }

        foreach (var path in Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories))
        {
            var name = Path.GetRelativePath(folder, path).Replace('\\', '/');
            if (name != "MANIFEST.tsv" && !name.EndsWith(".tar.gz", StringComparison.Ordinal) && new FileInfo(path).Length <= MaxFile)
            {
                files[name] = File.ReadAllBytes(path);
            }
        }
    }
}
