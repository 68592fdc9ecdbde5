namespace Butler.Data;

/// <summary>Reads a secret from where configuration says: itself, a file of mode 0600, or Key Vault. As the master key is read.</summary>
public static class Secrets
{
    /// <summary>The secret, trimmed; null when none of the three is given.</summary>
    /// <param name="name">What it is, for messages.</param>
    /// <param name="value">The secret itself (environment).</param>
    /// <param name="file">A file of mode 0600.</param>
    /// <param name="vault">The address of a Key Vault secret.</param>
    /// <exception cref="KeyRingException">Others can read the file, or the vault does not give it.</exception>
    public static string? Read(string name, string? value, string? file, string? vault) =>
        !string.IsNullOrWhiteSpace(value) ? value.Trim()
        : file is { Length: > 0 } ? MasterKey.FromFile(file, name).Trim()
        : vault is { Length: > 0 } ? MasterKey.FromVault(vault, name, null, null).Trim()
        : null;
}
