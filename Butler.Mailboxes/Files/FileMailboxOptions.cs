using System.Text.Json;
using System.Text.Json.Serialization;

namespace Butler.Mailboxes.Files;

/// <summary>Section <c>Butler:Files</c>: mailboxes that are files on the machine of Ingest.</summary>
public sealed class FileMailboxOptions
{
    /// <summary>The section's name.</summary>
    public const string Section = "Butler:Files";

    /// <summary>Folders (or single files) at or below which a mailbox may lie. None: no file can be connected.</summary>
    public IList<string> Roots { get; } = [];

    /// <summary>Where archives are unpacked to while they are read; erased afterwards. Default: a folder of Butler's below the system's temporary one.</summary>
    public string? Scratch { get; set; }

    /// <summary>How long one look at a file goes on before other work gets its turn; it goes on from there.</summary>
    public TimeSpan ScanTime { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>The folder for what is taken out of an account's archives.</summary>
    public string SpoolFolder(Guid account) => Path.Combine(Scratch is { Length: > 0 } scratch ? scratch : Path.Combine(Path.GetTempPath(), "butler-files"), account.ToString("N"));
}

/// <summary>What is kept (sealed) of a file account in place of a login.</summary>
/// <param name="Path">The absolute path.</param>
public sealed record FileSettings([property: JsonPropertyName("path")] string Path)
{
    /// <summary>As it is sealed.</summary>
    public string ToCredentials() => JsonSerializer.Serialize(this, FileSettingsJson.Default.FileSettings);

    /// <summary>From what was sealed.</summary>
    public static FileSettings FromCredentials(string credentials) =>
        JsonSerializer.Deserialize(credentials, FileSettingsJson.Default.FileSettings) ?? throw new JsonException("A file account without a path.");

    /// <summary>Never prints the path: it may name a person.</summary>
    public override string ToString() => "a file mailbox";
}

[JsonSerializable(typeof(FileSettings))]
internal sealed partial class FileSettingsJson : JsonSerializerContext;

/// <summary>Which paths may be mailboxes: those at or below an allowed root, reached without a link.</summary>
public sealed class FileRoots(FileMailboxOptions options)
{
    /// <summary>The reason code of faults of files; their messages are words for the owner.</summary>
    public const string Reason = "file";

    /// <summary>The path in full, checked.</summary>
    /// <exception cref="MailboxException">It is not allowed, or not there: the message says which, without the path.</exception>
    public string Require(string path)
    {
        ArgumentNullException.ThrowIfNull(path);
        if (options.Roots.Count == 0)
        {
            throw Refused("No folder is configured from which files may be connected (Butler:Files:Roots).");
        }

        if (path.Contains('\0', StringComparison.Ordinal) || !Path.IsPathFullyQualified(path))
        {
            throw Refused("The path must be absolute.");
        }

        // ".." is resolved as text; links are refused below, so that no name stands for another place.
        var full = Path.TrimEndingDirectorySeparator(Path.GetFullPath(path));
        foreach (var root in options.Roots.Where(Path.IsPathFullyQualified).Select(r => Path.TrimEndingDirectorySeparator(Path.GetFullPath(r))))
        {
            if (string.Equals(full, root, StringComparison.Ordinal) || full.StartsWith(root.EndsWith(Path.DirectorySeparatorChar) ? root : root + Path.DirectorySeparatorChar, StringComparison.Ordinal))
            {
                RefuseLinks(root, full);
                return File.Exists(full) || Directory.Exists(full) ? full : throw new MailboxException(MailboxFault.AccountGone, "The file or folder is not there, or Butler may not read it.") { Reason = Reason };
            }
        }

        throw Refused("The path is outside the folders that files may be connected from (Butler:Files:Roots).");
    }

    private static void RefuseLinks(string root, string full)
    {
        var place = root;
        foreach (var part in full[root.Length..].Split(Path.DirectorySeparatorChar, StringSplitOptions.RemoveEmptyEntries))
        {
            place = Path.Combine(place, part);
            if (new FileInfo(place).LinkTarget is not null || new DirectoryInfo(place).LinkTarget is not null)
            {
                throw Refused("The path leads over a link, which is not followed. Name the place itself.");
            }
        }
    }

    private static MailboxException Refused(string message) => new(MailboxFault.ScopeMissing, message) { Reason = Reason };
}
