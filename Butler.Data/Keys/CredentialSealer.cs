using System.Security.Cryptography;
using System.Text;

namespace Butler.Data;

/// <summary>
/// Seals credentials at rest with ASP.NET Core Data Protection, each account under a purpose of its own: a sealed value copied to
/// another account does not open.
/// </summary>
public sealed class CredentialSealer(KeyRing ring, MasterKeyCipher master)
{
    private const string Purpose = "credentials";
    private const int HeaderSize = 20;

    /// <summary>Seals a secret for an account.</summary>
    public byte[] Seal(Guid providerUserId, string secret)
    {
        var plain = Encoding.UTF8.GetBytes(secret);
        try
        {
            return ring.Protector(Purpose, providerUserId).Protect(plain);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(plain);
        }
    }

    /// <summary>Opens a sealed secret, also one that the first release sealed with the master key itself.</summary>
    /// <exception cref="CryptographicException">Wrong key, wrong account, or damaged bytes.</exception>
    public string Open(Guid providerUserId, byte[] sealedBytes)
    {
        ArgumentNullException.ThrowIfNull(sealedBytes);
        return sealedBytes is [MasterKeyCipher.Version, ..]
            ? master.Open(providerUserId, sealedBytes)
            : Encoding.UTF8.GetString(ring.Open(sealedBytes, Purpose, providerUserId));
    }

    /// <summary>The key that a sealed value names; null for one of the first release. Layout of Data Protection: magic (4), key id (16).</summary>
    internal static Guid? KeyOf(ReadOnlySpan<byte> sealedBytes) =>
        sealedBytes.Length > HeaderSize && sealedBytes[0] != MasterKeyCipher.Version ? new Guid(sealedBytes[4..HeaderSize]) : null;
}
