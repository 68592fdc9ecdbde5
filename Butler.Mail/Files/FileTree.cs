namespace Butler.Mail.Files;

/// <summary>The files below a path, folder by folder in ordinal order; links are not followed, so there are no cycles.</summary>
internal static class FileTree
{
    private const int MaxDepth = 64;

    private static readonly EnumerationOptions Options = new() { AttributesToSkip = FileAttributes.ReparsePoint | FileAttributes.System, IgnoreInaccessible = true };

    public static IEnumerable<(string Path, string Name)> List(string root)
    {
        if (File.Exists(root))
        {
            return [(root, Path.GetFileName(root))];
        }

        return Walk(root);
    }

    private static IEnumerable<(string Path, string Name)> Walk(string root)
    {
        var open = new Stack<(string Folder, int Depth)>();
        open.Push((root, 0));
        while (open.TryPop(out var next))
        {
            var files = Directory.GetFiles(next.Folder, "*", Options);
            Array.Sort(files, StringComparer.Ordinal);
            foreach (var file in files)
            {
                yield return (file, Path.GetRelativePath(root, file));
            }

            var folders = Directory.GetDirectories(next.Folder, "*", Options);
            Array.Sort(folders, StringComparer.Ordinal);
            // A Maildir's tmp/ holds deliveries that are not complete.
            var isMaildir = Array.Exists(folders, f => Path.GetFileName(f) is "cur") && Array.Exists(folders, f => Path.GetFileName(f) is "new");
            foreach (var folder in folders.Reverse())
            {
                if (next.Depth < MaxDepth && !(isMaildir && Path.GetFileName(folder) == "tmp"))
                {
                    open.Push((folder, next.Depth + 1));
                }
            }
        }
    }
}
