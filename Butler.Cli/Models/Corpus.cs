namespace Butler.Cli.Models;

/// <summary>Where the checkout and the labelled corpus are.</summary>
internal static class Corpus
{
    /// <summary>The checkout: BUTLER_ROOT as ./butler sets it, else the folder with Butler.sln above the program.</summary>
    public static string Root()
    {
        if (Environment.GetEnvironmentVariable("BUTLER_ROOT") is { Length: > 0 } given)
        {
            return Path.GetFullPath(given);
        }

        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(Path.Combine(folder.FullName, "Butler.sln")))
            {
                return folder.FullName;
            }
        }

        throw new CliException("The checkout was not found; run this as ./butler or set BUTLER_ROOT.");
    }

    /// <summary>The corpus folder: BUTLER_CORPUS, else ../shared/corpus beside the checkout or one folder further up (a worktree); null when there is none.</summary>
    public static string? Folder()
    {
        var root = Root();
        string?[] candidates =
        [
            Environment.GetEnvironmentVariable("BUTLER_CORPUS"),
            Path.Combine(root, "..", "shared", "corpus"),
            Path.Combine(root, "..", "..", "shared", "corpus"),
        ];
        return candidates.Where(c => !string.IsNullOrEmpty(c)).Select(c => Path.GetFullPath(c!)).FirstOrDefault(Directory.Exists);
    }

    public static string Need(DirectoryInfo? named) =>
        named is { Exists: false } ? throw new CliException($"The folder {named.FullName} does not exist.")
        : named?.FullName ?? Folder() ?? throw new CliException("There is no labelled corpus here; name its folder with --corpus or BUTLER_CORPUS.");
}
