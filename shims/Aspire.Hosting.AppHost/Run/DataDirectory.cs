using System.Text.Json;
using Microsoft.Extensions.Configuration;

namespace Aspire.Hosting.Run;

/// <summary>
/// Everything a run keeps: server data, ports, generated passwords, the children's pids and the lock. It
/// lies outside the checkout: <c>AppHost:DataDirectory</c> or a folder below <c>$XDG_DATA_HOME/aspire</c>.
/// </summary>
internal sealed class DataDirectory : IDisposable
{
    /// <summary>The variables of the run, once all of it is healthy.</summary>
    public const string EnvironmentFile = "run.env";

    private readonly Lock _gate = new();
    private FileStream? _lock;
    private Dictionary<string, string> _settings = [];

    public DataDirectory(IConfiguration configuration, string appHostDirectory)
    {
        Path = configuration["AppHost:DataDirectory"] is { Length: > 0 } given
            ? System.IO.Path.GetFullPath(given)
            : System.IO.Path.Combine(
                Environment.IsPrivilegedProcess ? "/var/lib/aspire" : System.IO.Path.Combine(
                    Environment.GetFolderPath(Environment.SpecialFolder.LocalApplicationData, Environment.SpecialFolderOption.DoNotVerify), "aspire"),
                Hash(appHostDirectory));
    }

    public string Path { get; }

    public string this[string file] => System.IO.Path.Combine(Path, file);

    /// <summary>Makes the folder and takes its lock; false when another process has it.</summary>
    public bool TryOpen()
    {
        Directory.CreateDirectory(Path);
        try
        {
            // Held by flock(2): the kernel lets it go however this process ends.
            _lock = new FileStream(this["lock"], FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        }
        catch (IOException)
        {
            return false;
        }

        // A killed AppHost leaves its file, and commands beside this run must not take that one's addresses for ours.
        File.Delete(this[EnvironmentFile]);
        var identity = ProcessIdentity.Of(Environment.ProcessId, "");
        File.WriteAllText(this["apphost.pid"], $"{identity?.Pid} {identity?.StartTime}\n");
        _settings = ReadJson<Dictionary<string, string>>("settings.json") ?? [];
        return true;
    }

    /// <summary>The AppHost that holds the folder, as it wrote itself down.</summary>
    public string? Owner => File.Exists(this["apphost.pid"]) ? File.ReadAllText(this["apphost.pid"]).Split(' ')[0] : null;

    public string? GetSetting(string key)
    {
        lock (_gate)
        {
            return _settings.GetValueOrDefault(key);
        }
    }

    /// <summary>Keeps a port or a generated password for the next run; the file is for the owner only.</summary>
    public void SetSetting(string key, string value)
    {
        lock (_gate)
        {
            _settings[key] = value;
            WriteSecret("settings.json", JsonSerializer.Serialize(_settings));
        }
    }

    public T? ReadJson<T>(string file)
        where T : class
    {
        try
        {
            return File.Exists(this[file]) ? JsonSerializer.Deserialize<T>(File.ReadAllText(this[file])) : null;
        }
        catch (JsonException)
        {
            return null; // Cut off while it was written.
        }
    }

    /// <summary>Writes a file with mode 0600, all or nothing.</summary>
    public void WriteSecret(string file, string text)
    {
        var temporary = this[file] + ".new";
        File.Delete(temporary);
        using (var stream = new FileStream(temporary, new FileStreamOptions
        {
            Mode = FileMode.CreateNew,
            Access = FileAccess.Write,
            UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite,
        }))
        using (var writer = new StreamWriter(stream))
        {
            writer.Write(text);
        }

        File.Move(temporary, this[file], overwrite: true);
    }

    public void Dispose()
    {
        if (_lock is not null)
        {
            File.Delete(this["apphost.pid"]);
            _lock.Dispose();
            _lock = null;
        }
    }

    private static string Hash(string text) =>
        Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(System.Text.Encoding.UTF8.GetBytes(text)))[..12];
}
