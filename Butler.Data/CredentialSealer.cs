using System.Security.Cryptography;
using System.Text;

namespace Butler.Data;

/// <summary>
/// Seals credentials at rest with AES-256-GCM under the master key; the account's id is authenticated with them, so a
/// sealed value copied to another account does not open. Layout: version (1), nonce (12), tag (16), ciphertext.
/// </summary>
public sealed class CredentialSealer : IDisposable
{
    private const byte Version = 1;
    private const int NonceSize = 12;
    private const int TagSize = 16;
    private readonly AesGcm _cipher;

    /// <summary>Takes a 32-byte master key.</summary>
    /// <exception cref="ArgumentException">The key is not 32 bytes long.</exception>
    public CredentialSealer(ReadOnlySpan<byte> masterKey)
    {
        if (masterKey.Length != 32)
        {
            throw new ArgumentException("Butler:MasterKey must be 32 bytes, base64-encoded.", nameof(masterKey));
        }

        _cipher = new AesGcm(masterKey, TagSize);
    }

    /// <summary>Seals a secret for an account.</summary>
    public byte[] Seal(Guid providerUserId, string secret)
    {
        var plain = Encoding.UTF8.GetBytes(secret);
        var sealedBytes = new byte[1 + NonceSize + TagSize + plain.Length];
        sealedBytes[0] = Version;
        var nonce = sealedBytes.AsSpan(1, NonceSize);
        RandomNumberGenerator.Fill(nonce);
        _cipher.Encrypt(nonce, plain, sealedBytes.AsSpan(1 + NonceSize + TagSize), sealedBytes.AsSpan(1 + NonceSize, TagSize), providerUserId.ToByteArray());
        CryptographicOperations.ZeroMemory(plain);
        return sealedBytes;
    }

    /// <summary>Opens a sealed secret.</summary>
    /// <exception cref="CryptographicException">Wrong master key, wrong account, or damaged bytes.</exception>
    public string Open(Guid providerUserId, ReadOnlySpan<byte> sealedBytes)
    {
        if (sealedBytes.Length < 1 + NonceSize + TagSize || sealedBytes[0] != Version)
        {
            throw new CryptographicException("The sealed credentials have an unknown form.");
        }

        var plain = new byte[sealedBytes.Length - 1 - NonceSize - TagSize];
        _cipher.Decrypt(sealedBytes.Slice(1, NonceSize), sealedBytes[(1 + NonceSize + TagSize)..], sealedBytes.Slice(1 + NonceSize, TagSize), plain, providerUserId.ToByteArray());
        return Encoding.UTF8.GetString(plain);
    }

    /// <inheritdoc />
    public void Dispose() => _cipher.Dispose();
}
