using System.Security.Cryptography;
using System.Text;
using Microsoft.Extensions.Configuration;

namespace Butler.AppHost;

/// <summary>
/// Where a run keeps its data, outside the checkout: <c>AppHost:DataDirectory</c> as given by <c>./butler</c>,
/// else <c>$XDG_DATA_HOME/butler/HASH</c>, for root <c>/var/lib/butler/HASH</c> (a root-owned home is closed to
/// the account that runs PostgreSQL). HASH is of the checkout's path.
/// </summary>
internal sealed class DataFolder
{
    private const int KeyBytes = 32;
    private const int HashLength = 12;

    private DataFolder(string path, string? mailbox, string sandboxMailbox, bool isPublic)
    {
        Path = path;
        Mailbox = mailbox;
        SandboxMailbox = sandboxMailbox;
        Public = isPublic;
    }

    public string Path { get; }

    /// <summary>The owner's files that are connected as an account (<c>--mailbox</c>); null: none.</summary>
    public string? Mailbox { get; }

    /// <summary>The mailbox that fills the sandbox: samples/, or the one that is named for trying Gmail's ways on it; none beside files.</summary>
    public string SandboxMailbox { get; }

    /// <summary>True to bind all addresses.</summary>
    public bool Public { get; }

    /// <summary>32 random bytes in base64, mode 0600: everything sealed at rest hangs on it.</summary>
    public string MasterKeyFile => System.IO.Path.Combine(Path, "master.key");

    public string SandboxFolder => System.IO.Path.Combine(Path, "sandbox");

    /// <summary>Made for each run; opens the sandbox's control API.</summary>
    public string SandboxSecret { get; } = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(KeyBytes));

    public static DataFolder Open(IConfigurationManager configuration, string appHostDirectory)
    {
        var checkout = System.IO.Path.GetDirectoryName(appHostDirectory) ?? appHostDirectory;
        var path = System.IO.Path.GetFullPath(configuration["AppHost:DataDirectory"] is { Length: > 0 } given ? given : Default(checkout));
        configuration["AppHost:DataDirectory"] = path;
        var mailbox = Existing(configuration["Butler:Mailbox"]);
        var sandboxMailbox = Existing(configuration["Butler:SandboxMailbox"]) ?? (mailbox is null ? System.IO.Path.Combine(checkout, "samples") : "");

        Directory.CreateDirectory(path);
        var folder = new DataFolder(path, mailbox, sandboxMailbox, configuration.GetValue("Butler:Public", false));
        Directory.CreateDirectory(folder.SandboxFolder);
        folder.MakeMasterKey();
        return folder;
    }

    private static string? Existing(string? path)
    {
        if (path is not { Length: > 0 })
        {
            return null;
        }

        var full = System.IO.Path.GetFullPath(path);
        return System.IO.Path.Exists(full) ? full
            : throw new DistributedApplicationException($"The mailbox {full} does not exist. Name an mbox file, a Maildir, a folder of .eml files, or a .tar.gz or .zip of these.");
    }

    private static string Default(string checkout)
    {
        var hash = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(checkout)))[..HashLength];
        var root = Environment.IsPrivilegedProcess
            ? "/var/lib"
            : Environment.GetFolderPath(Environment.SpecialFolder.LocalApplicationData, Environment.SpecialFolderOption.DoNotVerify);
        return System.IO.Path.Combine(root, "butler", hash);
    }

    private void MakeMasterKey()
    {
        if (File.Exists(MasterKeyFile))
        {
            return;
        }

        // Complete before it has its name: a key cut off in the middle would seal what nobody can open.
        var unfinished = MasterKeyFile + ".new";
        File.Delete(unfinished);
        var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write };
        if (!OperatingSystem.IsWindows())
        {
            options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        }

        using (var writer = new StreamWriter(new FileStream(unfinished, options)))
        {
            writer.Write(Convert.ToBase64String(RandomNumberGenerator.GetBytes(KeyBytes)));
        }

        File.Move(unfinished, MasterKeyFile);
    }
}
