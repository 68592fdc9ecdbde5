using System.Globalization;
using Azure.Core;
using Azure.Identity;
using Azure.Security.KeyVault.Secrets;
using Microsoft.Extensions.Configuration;

namespace Butler.Data;

/// <summary>
/// The master key, 32 bytes in base64: <c>Butler:MasterKey</c> (environment), the file of mode 0600 named by
/// <c>Butler:MasterKeyFile</c>, or the Key Vault secret whose address is <c>Butler:MasterKeyVault</c>.
/// </summary>
public static class MasterKey
{
    private const int KeyBytes = 32;
    private const string Name = "the master key";
    private const UnixFileMode Others = UnixFileMode.GroupRead | UnixFileMode.GroupWrite | UnixFileMode.GroupExecute | UnixFileMode.OtherRead | UnixFileMode.OtherWrite | UnixFileMode.OtherExecute;

    /// <summary>Reads 32 bytes.</summary>
    /// <exception cref="KeyRingException">None is configured, others can read the file, or it is not 32 bytes in base64.</exception>
    public static byte[] Read(IConfiguration configuration) => Read(configuration, null, null);

    /// <summary>As above, with the identity and the wire of the vault given.</summary>
    internal static byte[] Read(IConfiguration configuration, TokenCredential? identity, SecretClientOptions? options)
    {
        ArgumentNullException.ThrowIfNull(configuration);
        var text = configuration["Butler:MasterKey"];
        if (string.IsNullOrWhiteSpace(text) && configuration["Butler:MasterKeyFile"] is { Length: > 0 } file)
        {
            text = FromFile(file, Name);
        }

        if (string.IsNullOrWhiteSpace(text) && configuration["Butler:MasterKeyVault"] is { Length: > 0 } secret)
        {
            text = FromVault(secret, Name, identity, options);
        }

        if (string.IsNullOrWhiteSpace(text))
        {
            throw new KeyRingException(
                "No master key: set Butler:MasterKey to 32 random bytes in base64 (openssl rand -base64 32), Butler:MasterKeyFile to a file of mode 0600 that holds them (./butler up does), "
                + "or Butler:MasterKeyVault to the address of a Key Vault secret.");
        }

        var key = new byte[KeyBytes];
        return Convert.TryFromBase64String(text.Trim(), key, out var length) && length == KeyBytes
            ? key
            : throw new KeyRingException("The master key must be exactly 32 bytes in base64 (openssl rand -base64 32 makes one).");
    }

    internal static string FromFile(string file, string name)
    {
        if (!File.Exists(file))
        {
            throw new KeyRingException($"The file {file}, which should hold {name}, does not exist or is not to be read by this account.");
        }

        if (!OperatingSystem.IsWindows() && (File.GetUnixFileMode(file) & Others) != 0)
        {
            throw new KeyRingException($"Others can read {name} in {file}: chmod 600 {file}, and consider a new one.");
        }

        return File.ReadAllText(file);
    }

    /// <summary>https://NAME.vault.azure.net/secrets/SECRET, with a version or without.</summary>
    internal static string FromVault(string secret, string name, TokenCredential? identity, SecretClientOptions? options)
    {
        if (!Uri.TryCreate(secret, UriKind.Absolute, out var address) || address.Scheme != Uri.UriSchemeHttps || address.Segments is not ["/", "secrets/", _, ..] || address.Segments.Length > 4)
        {
            throw new KeyRingException($"The Key Vault address of {name} must be the address of a secret: https://NAME.vault.azure.net/secrets/SECRET.");
        }

        var secretName = address.Segments[2].TrimEnd('/');
        var version = address.Segments.Length == 4 ? address.Segments[3].TrimEnd('/') : null;
        try
        {
            return new SecretClient(new Uri(address.GetLeftPart(UriPartial.Authority)), identity ?? new DefaultAzureCredential(), options ?? new SecretClientOptions()).GetSecret(secretName, version).Value.Value;
        }
        catch (Exception e) when (e is Azure.RequestFailedException or AuthenticationFailedException)
        {
            var why = e is Azure.RequestFailedException failed ? string.Create(CultureInfo.InvariantCulture, $"the vault answers {failed.Status} {failed.ErrorCode}") : "this process has no identity there";
            throw new KeyRingException($"{char.ToUpperInvariant(name[0])}{name[1..]} cannot be read from Key Vault: {why}. Give the service's identity the role \"Key Vault Secrets User\".", e);
        }
    }
}
