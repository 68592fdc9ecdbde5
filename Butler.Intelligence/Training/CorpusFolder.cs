using System.Formats.Tar;
using System.IO.Compression;

namespace Butler.Intelligence.Training;

/// <summary>Reads one kind of a corpus folder (<c>kind/kind.tar.gz</c> with <c>kind/MANIFEST.tsv</c>), packed or unpacked.</summary>
internal static class CorpusFolder
{
    private const long MaxFile = 64 * 1024 * 1024;

    /// <summary>The files of a kind's main archive in ordinal order of their names. Archives kept apart for their terms are read only
    /// where <paramref name="apart"/> names one ("cc-by-nc"), which training never does. Unpacked, the manifest tells them apart.</summary>
    public static SortedDictionary<string, byte[]> Read(string data, string kind, string? apart = null)
    {
        var files = new SortedDictionary<string, byte[]>(StringComparer.Ordinal);
        var archive = Path.Combine(data, kind, ArchiveName(kind, apart));
        if (!File.Exists(archive))
        {
            if (!File.Exists(Path.Combine(data, kind, ArchiveName(kind, null))))
            {
                ReadUnpacked(Path.Combine(data, kind), Archives(data, kind), ArchiveName(kind, apart), files);
            }

            return files;
        }

        using var stream = File.OpenRead(archive);
        using var gzip = new GZipStream(stream, CompressionMode.Decompress);
        using var tar = new TarReader(gzip);
        while (tar.GetNextEntry() is { } entry)
        {
            if (entry.EntryType is not (TarEntryType.RegularFile or TarEntryType.V7RegularFile) || entry.Length > MaxFile)
            {
                continue;
            }

            // An empty file has no stream, but it is there: "nothing is expected".
            using var copy = new MemoryStream();
            entry.DataStream?.CopyTo(copy);
            files[entry.Name.StartsWith("./", StringComparison.Ordinal) ? entry.Name[2..] : entry.Name] = copy.ToArray();
        }

        return files;
    }

    /// <summary>Label by file name, of one archive.</summary>
    public static Dictionary<string, string> Labels(string data, string kind, string? apart = null)
    {
        var archive = ArchiveName(kind, apart);
        var labels = new Dictionary<string, string>(StringComparer.Ordinal);
        var manifest = Path.Combine(data, kind, "MANIFEST.tsv");
        if (!File.Exists(manifest))
        {
            return labels;
        }

        foreach (var line in File.ReadLines(manifest).Skip(1))
        {
            var cells = line.Split('\t');
            if (cells.Length >= 7 && cells[6] == archive)
            {
                labels[cells[0]] = cells[2];
            }
        }

        return labels;
    }

    private static string ArchiveName(string kind, string? apart) => apart is null ? kind + ".tar.gz" : $"{kind}.{apart}.tar.gz";

    // The archive of each file; a row of a line of a file ("x.jsonl#L3") counts for the file.
    private static Dictionary<string, string> Archives(string data, string kind)
    {
        var archives = new Dictionary<string, string>(StringComparer.Ordinal);
        var manifest = Path.Combine(data, kind, "MANIFEST.tsv");
        foreach (var cells in File.Exists(manifest) ? File.ReadLines(manifest).Skip(1).Select(l => l.Split('\t')) : [])
        {
            if (cells.Length >= 7)
            {
                var line = cells[0].LastIndexOf("#L", StringComparison.Ordinal);
                archives[line < 0 ? cells[0] : cells[0][..line]] = cells[6];
            }
        }

        return archives;
    }

    private static void ReadUnpacked(string folder, Dictionary<string, string> archives, string archive, SortedDictionary<string, byte[]> files)
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
                // Unpacked into a folder of the archive's name or straight into the kind's.
                name = archives.ContainsKey(name) || name.IndexOf('/') is not (>= 0 and var slash) || !archives.ContainsKey(name[(slash + 1)..]) ? name : name[(slash + 1)..];
                if (!archives.TryGetValue(name, out var from) || from == archive)
                {
                    files[name] = File.ReadAllBytes(path);
                }
            }
        }
    }
}
