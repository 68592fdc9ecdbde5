using System.Security.Cryptography;
using System.Text;

namespace Butler.Data;

/// <summary>
/// AES-256-GCM under the master key: seals the keys of the ring, and opens what the first release sealed (it had no ring). What
/// the secret belongs to is authenticated with it, so a value copied elsewhere does not open. Layout: version (1), nonce (12),
/// tag (16), ciphertext.
/// </summary>
public sealed class MasterKeyCipher : IDisposable
{
    /// <summary>First byte of everything this class seals; what the ring seals begins with 0x09.</summary>
    internal const byte Version = 1;

    private const int NonceSize = 12;
    private const int TagSize = 16;
    private const int DerivedSize = 32;
    private readonly AesGcm _cipher;
    private readonly byte[] _root;

    /// <summary>Takes a 32-byte master key.</summary>
    /// <exception cref="ArgumentException">The key is not 32 bytes long.</exception>
    public MasterKeyCipher(ReadOnlySpan<byte> masterKey)
    {
        if (masterKey.Length != 32)
        {
            throw new ArgumentException("Butler:MasterKey must be 32 bytes, base64-encoded.", nameof(masterKey));
        }

        _cipher = new AesGcm(masterKey, TagSize);
        _root = HKDF.Extract(HashAlgorithmName.SHA256, masterKey.ToArray(), "butler derived keys"u8.ToArray());
    }

    /// <summary>Seals a secret for its owner (an account, a key).</summary>
    public byte[] Seal(Guid owner, string secret)
    {
        var plain = Encoding.UTF8.GetBytes(secret);
        var sealedBytes = new byte[1 + NonceSize + TagSize + plain.Length];
        sealedBytes[0] = Version;
        var nonce = sealedBytes.AsSpan(1, NonceSize);
        RandomNumberGenerator.Fill(nonce);
        _cipher.Encrypt(nonce, plain, sealedBytes.AsSpan(1 + NonceSize + TagSize), sealedBytes.AsSpan(1 + NonceSize, TagSize), owner.ToByteArray());
        CryptographicOperations.ZeroMemory(plain);
        return sealedBytes;
    }

    /// <summary>Opens a sealed secret.</summary>
    /// <exception cref="CryptographicException">Wrong master key, wrong owner, or damaged bytes.</exception>
    public string Open(Guid owner, ReadOnlySpan<byte> sealedBytes)
    {
        if (sealedBytes.Length < 1 + NonceSize + TagSize || sealedBytes[0] != Version)
        {
            throw new CryptographicException("The sealed credentials have an unknown form.");
        }

        var plain = new byte[sealedBytes.Length - 1 - NonceSize - TagSize];
        _cipher.Decrypt(sealedBytes.Slice(1, NonceSize), sealedBytes[(1 + NonceSize + TagSize)..], sealedBytes.Slice(1 + NonceSize, TagSize), plain, owner.ToByteArray());
        return Encoding.UTF8.GetString(plain);
    }

    /// <summary>A 32-byte key for one purpose and one salt (RFC 5869). Whoever has lost the salt cannot make it again.</summary>
    public byte[] Derive(string purpose, ReadOnlySpan<byte> salt)
    {
        ArgumentException.ThrowIfNullOrEmpty(purpose);
        var name = Encoding.UTF8.GetBytes(purpose);
        var info = new byte[name.Length + 1 + salt.Length]; // The zero keeps purpose and salt apart.
        name.CopyTo(info, 0);
        salt.CopyTo(info.AsSpan(name.Length + 1));
        return HKDF.Expand(HashAlgorithmName.SHA256, _root, DerivedSize, info);
    }

    /// <inheritdoc />
    public void Dispose()
    {
        _cipher.Dispose();
        CryptographicOperations.ZeroMemory(_root);
    }
}
