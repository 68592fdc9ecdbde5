using System.Security.Cryptography;
using System.Text;
using System.Text.Json;

namespace Butler.Sandbox.State;

/// <summary>What must be the same after a restart: the key of the tokens and the time that made-up dates count from.</summary>
internal sealed record DataFolder(byte[] Key, DateTimeOffset End)
{
    public static DataFolder Open(SandboxOptions options, TimeProvider clock)
    {
        var now = clock.GetUtcNow();
        if (string.IsNullOrEmpty(options.DataDir))
        {
            return new DataFolder(SHA256.HashData(Encoding.ASCII.GetBytes($"sandbox {options.Generate.Seed}")), now);
        }

        Directory.CreateDirectory(options.DataDir);
        var path = Path.Combine(options.DataDir, "sandbox.json");
        if (File.Exists(path))
        {
            return JsonSerializer.Deserialize<DataFolder>(File.ReadAllBytes(path)) ?? throw new InvalidDataException($"{path} is empty; delete it to start afresh");
        }

        var made = new DataFolder(RandomNumberGenerator.GetBytes(32), now);
        var temporary = path + ".new";
        File.WriteAllBytes(temporary, JsonSerializer.SerializeToUtf8Bytes(made));
        if (!OperatingSystem.IsWindows())
        {
            File.SetUnixFileMode(temporary, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        }

        File.Move(temporary, path);
        return made;
    }
}
